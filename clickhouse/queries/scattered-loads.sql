-- The loads that readers see, of billing months that Azure restates no more, whose entries are in more parts than one:
-- the shared partition of small loads stands as the load of no id. Azure closes a month within five days of its end.
WITH visible AS (SELECT arrayJoin(argMax(load_ids, seen)) AS load_id FROM visible_loads)
SELECT
    extract(partition, '\d{4}-\d{2}-\d{2}') AS billing_month,
    extract(partition, '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}') AS own_partition,
    count() AS parts
FROM system.parts
WHERE database = currentDatabase() AND table = 'cost_entries' AND active
    AND addMonths(toDate(billing_month), 1) < toDate(now('UTC')) - 10
    AND (own_partition = '00000000-0000-0000-0000-000000000000' OR toUUID(own_partition) IN (SELECT load_id FROM visible))
GROUP BY billing_month, own_partition
HAVING parts > 1
ORDER BY billing_month, own_partition
