-- What readers see at this moment gets it too. Loads that are being derived meanwhile have it already: the same values a second time change nothing.
INSERT INTO resource_slices (billing_month, load_id, resource_id, resource_name, resource_group, resource_type, resource_location, subscription_id, tags, first_date, last_date, meter_categories, cost_centers)
SELECT
    s.billing_month,
    s.load_id,
    s.resource_id,
    s.resource_name,
    s.resource_group,
    s.resource_type,
    s.resource_location,
    s.subscription_id,
    s.tags,
    s.first_date,
    s.last_date,
    e.meter_categories,
    e.cost_centers
FROM resource_slices AS s
INNER JOIN
(
    SELECT
        billing_month,
        load_id,
        resource_id,
        groupUniqArray(100)(meter_category) AS meter_categories,
        groupUniqArray(100)(cost_center) AS cost_centers
    FROM cost_entries
    WHERE load_id IN (SELECT arrayJoin(argMax(load_ids, seen)) FROM visible_loads) AND resource_id != ''
    GROUP BY billing_month, load_id, resource_id
) AS e USING (billing_month, load_id, resource_id)
SETTINGS max_partitions_per_insert_block = 0, max_bytes_before_external_group_by = 268435456, join_algorithm = 'grace_hash'
