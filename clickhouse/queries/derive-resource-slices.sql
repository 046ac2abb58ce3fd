-- The resources that a load shows, with the names and tags of their newest lines, and some of what all of their lines say of them. Of the
-- lines of a day one with tags counts, of these the first in the file.
INSERT INTO resource_slices (billing_month, load_id, resource_id, resource_name, resource_group, resource_type, resource_location, subscription_id, tags, first_date, last_date, meter_categories, cost_centers)
SELECT
    billing_month,
    load_id,
    resource_id,
    newest.1 AS resource_name,
    newest.2 AS resource_group,
    newest.3 AS resource_type,
    newest.4 AS resource_location,
    newest.5 AS subscription_id,
    newest.6 AS tags,
    first_date,
    last_date,
    meter_categories,
    cost_centers
FROM
(
    SELECT
        billing_month,
        load_id,
        resource_id,
        argMax(
            (e.resource_name, e.resource_group, e.resource_type, e.resource_location, e.subscription_id, e.tags),
            bitShiftLeft(toUInt64(e.date) * 2 + notEmpty(e.tags), 40) + (1099511627775 - e.line)) AS newest,
        min(e.date) AS first_date,
        max(e.date) AS last_date,
        groupUniqArray(100)(e.meter_category) AS meter_categories,
        groupUniqArray(100)(e.cost_center) AS cost_centers
    FROM cost_entries AS e
    WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String}) AND resource_id != ''
    GROUP BY billing_month, load_id, resource_id
)
