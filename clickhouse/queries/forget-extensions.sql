-- Of the works that have extended an evaluation only the last one's loads are of use: each names every load that readers saw, and
-- there is one after each import. Those that began before `dead` and are not the last one forget theirs.
INSERT INTO tracking_evaluations
WITH (SELECT groupArray(last) FROM (SELECT argMax(work_id, started_at) AS last FROM tracking_evaluations WHERE state = 'finished' GROUP BY evaluation_id)) AS last_works
SELECT * REPLACE ([] AS load_ids, now64(6, 'UTC') AS updated_at)
FROM tracking_evaluations AS e FINAL
WHERE e.kind = 'extension' AND e.state = 'finished' AND notEmpty(e.load_ids) AND e.started_at < {dead:DateTime64(6, 'UTC')} AND e.work_id NOT IN (last_works)
