-- What works that began before a moment have left in the tables that they had for themselves: they were killed.
SELECT table, partition AS work_id
FROM system.parts
WHERE database = currentDatabase() AND active AND table IN {tables:Array(String)}
GROUP BY table, work_id
HAVING max(modification_time) < {dead:DateTime64(6, 'UTC')}
