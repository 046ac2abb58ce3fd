-- The meters that a load shows, with the names of one of its rows.
INSERT INTO meter_slices (billing_month, load_id, meter_id, meter_name, meter_category, meter_sub_category, meter_region, service_family, unit_of_measure, first_date, last_date)
SELECT
    toDate({billing_month:String}),
    {load_id:UUID},
    meter_id,
    any(e.meter_name) AS meter_name,
    any(e.meter_category) AS meter_category,
    any(e.meter_sub_category) AS meter_sub_category,
    any(e.meter_region) AS meter_region,
    any(e.service_family) AS service_family,
    any(e.unit_of_measure) AS unit_of_measure,
    min(e.date) AS first_date,
    max(e.date) AS last_date
FROM cost_entries AS e
WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String}) AND meter_id != ''
GROUP BY meter_id
