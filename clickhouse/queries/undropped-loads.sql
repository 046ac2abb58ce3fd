-- The loads of some sources (all when none is named) that were not dropped, or still have rows, with what they hold. A
-- load is settled when nobody can be about to publish it: it failed, is being dropped, or was last heard of a day ago.
-- Bytes are a load's share of those of its partitions.
WITH
    sizes AS
    (
        SELECT table, partition_id, sum(rows) AS rows, sum(bytes_on_disk) AS bytes
        FROM system.parts
        WHERE database = currentDatabase() AND active AND table IN ('cost_entries', 'rejected_rows')
        GROUP BY table, partition_id
    ),
    held AS
    (
        SELECT 'cost_entries' AS table, load_id, _partition_id AS partition_id, own_partition = load_id AS is_alone, count() AS rows
        FROM cost_entries
        GROUP BY load_id, partition_id, is_alone
        UNION ALL
        SELECT 'rejected_rows' AS table, load_id, _partition_id AS partition_id, true AS is_alone, count() AS rows
        FROM rejected_rows
        GROUP BY load_id, partition_id
    )
SELECT
    l.load_id AS load_id,
    l.source AS source,
    formatDateTime(l.billing_month, '%Y-%m') AS month,
    l.state IN ('failed', 'dropping', 'dropped') OR l.updated_at < now64(6, 'UTC') - INTERVAL 1 DAY AS is_settled,
    h.entries AS entries,
    h.has_partition AS has_partition,
    h.rejects AS rejects,
    h.bytes AS bytes
FROM loads AS l FINAL
LEFT JOIN
(
    SELECT
        h.load_id AS load_id,
        sumIf(h.rows, h.table = 'cost_entries') AS entries,
        countIf(h.table = 'cost_entries' AND h.is_alone) > 0 AS has_partition,
        sumIf(h.rows, h.table = 'rejected_rows') AS rejects,
        toUInt64(round(sum(s.bytes * h.rows / s.rows))) AS bytes
    FROM held AS h
    INNER JOIN sizes AS s ON s.table = h.table AND s.partition_id = h.partition_id
    GROUP BY load_id
) AS h ON h.load_id = l.load_id
WHERE (l.state != 'dropped' OR h.entries > 0 OR h.rejects > 0)
    AND (empty({sources:Array(String)}) OR l.source IN {sources:Array(String)})
ORDER BY source, month, load_id
