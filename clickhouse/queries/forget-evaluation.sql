-- Writes of an evaluation that its rows are gone.
INSERT INTO tracking_evaluations
SELECT * REPLACE ('dropped' AS state, [] AS load_ids, now64(6, 'UTC') AS updated_at)
FROM tracking_evaluations FINAL
WHERE evaluation_id = {evaluation_id:UUID}
