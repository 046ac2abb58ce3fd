-- What tables hold for evaluations, or for works: their partitions are named after them.
SELECT sum(rows) AS rows, sum(bytes_on_disk) AS bytes
FROM system.parts
WHERE database = currentDatabase() AND active AND table IN {tables:Array(String)} AND partition IN {ids:Array(String)}
