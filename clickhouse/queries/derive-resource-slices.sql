-- The resources that a load shows, with the names of one of its rows, and some of what its lines say of them.
INSERT INTO resource_slices (billing_month, load_id, resource_id, resource_name, resource_group, resource_type, resource_location, subscription_id, tags, first_date, last_date, meter_categories, cost_centers)
SELECT
    billing_month,
    load_id,
    resource_id,
    any(e.resource_name) AS resource_name,
    any(e.resource_group) AS resource_group,
    any(e.resource_type) AS resource_type,
    any(e.resource_location) AS resource_location,
    any(e.subscription_id) AS subscription_id,
    any(e.tags) AS tags,
    min(e.date) AS first_date,
    max(e.date) AS last_date,
    groupUniqArray(100)(e.meter_category) AS meter_categories,
    groupUniqArray(100)(e.cost_center) AS cost_centers
FROM cost_entries AS e
WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String}) AND resource_id != ''
GROUP BY billing_month, load_id, resource_id
