-- The days up to which snapshots report that were imported completely.
SELECT DISTINCT report_date
FROM snapshots
WHERE status = 'complete'
ORDER BY report_date
