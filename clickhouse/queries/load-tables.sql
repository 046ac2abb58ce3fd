-- The tables of rollups, slices and the like that hold rows of loads, and whether each has a partition for each month.
SELECT name, partition_key = 'billing_month' AS is_monthly
FROM system.tables
WHERE database = currentDatabase()
    AND endsWith(engine, 'MergeTree')
    AND name NOT IN ('loads', 'cost_entries', 'rejected_rows')
    AND name IN (SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'load_id')
ORDER BY name
