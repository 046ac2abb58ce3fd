-- Keeps meter_slices true to the facts, in the insert that brings them.
CREATE MATERIALIZED VIEW meter_slices_from_entries TO meter_slices AS
SELECT
    billing_month,
    load_id,
    meter_id,
    anyLast(e.meter_name) AS meter_name,
    anyLast(e.meter_category) AS meter_category,
    anyLast(e.meter_sub_category) AS meter_sub_category,
    anyLast(e.meter_region) AS meter_region,
    anyLast(e.service_family) AS service_family,
    anyLast(e.unit_of_measure) AS unit_of_measure,
    min(e.date) AS first_date,
    max(e.date) AS last_date
FROM cost_entries AS e
WHERE meter_id != ''
GROUP BY billing_month, load_id, meter_id
