-- The resources that a load shows, with the names and tags of their newest lines, and some of what all of their lines say of them. Of the
-- lines of a day one with tags counts, of these the first in the file.
-- The newest line is looked for by a number alone, and read when it is known: to keep whole lines while looking takes twice as long.
-- Copies of surviving days may have several lines of one number; where two of them are the newest, there are two rows for readers to group.
INSERT INTO resource_slices (billing_month, load_id, resource_id, resource_name, resource_group, resource_type, resource_location, subscription_id, tags, first_date, last_date, meter_categories, cost_centers)
SELECT
    e.billing_month,
    e.load_id,
    e.resource_id,
    e.resource_name,
    e.resource_group,
    e.resource_type,
    e.resource_location,
    e.subscription_id,
    e.tags,
    n.first_date,
    n.last_date,
    n.meter_categories,
    n.cost_centers
FROM cost_entries AS e
INNER JOIN
(
    SELECT
        resource_id,
        max(bitShiftLeft(toUInt64(date) * 2 + notEmpty(tags), 40) + (1099511627775 - line)) AS newest,
        min(date) AS first_date,
        max(date) AS last_date,
        groupUniqArray(100)(meter_category) AS meter_categories,
        groupUniqArray(100)(cost_center) AS cost_centers
    FROM cost_entries
    WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String}) AND resource_id != ''
    GROUP BY resource_id
) AS n ON n.newest = bitShiftLeft(toUInt64(e.date) * 2 + notEmpty(e.tags), 40) + (1099511627775 - e.line) AND n.resource_id = e.resource_id
WHERE e.load_id = {load_id:UUID} AND e.billing_month = toDate({billing_month:String})
