-- Evaluations that nobody can want any more: those that began before a moment and are not the current one; and of the last day,
-- before which nothing is under way any more, those that were not finished, and trials.
WITH (SELECT argMax(evaluation_id, started_at) FROM tracking_evaluations WHERE kind = 'whole' AND state = 'finished') AS current
SELECT evaluation_id, kind
FROM tracking_evaluations FINAL
WHERE work_id = evaluation_id
    AND state != 'dropped'
    AND evaluation_id != current
    AND (started_at < {before:DateTime64(6, 'UTC')} OR started_at < {dead:DateTime64(6, 'UTC')} AND (state = 'started' OR kind = 'trial'))
ORDER BY started_at
