-- The evaluation that holds now, whether rules or options were written since it began, and whether readers see other loads by now than
-- it has seen. A work that has begun since and was killed may have seen others again: what it left is not to stay.
WITH
    (SELECT toString((
        (SELECT (count(), max(updated_at)) FROM tracking_rules),
        (SELECT (count(), max(updated_at)) FROM tracking_options)))) AS version,
    (SELECT argMax(load_ids, seen) FROM visible_loads) AS visible,
    (
        SELECT argMax((evaluation_id, fallback, rules_version), started_at)
        FROM tracking_evaluations
        WHERE kind = 'whole' AND state = 'finished'
    ) AS current,
    (SELECT (argMax(work_id, started_at), max(started_at)) FROM tracking_evaluations WHERE evaluation_id = current.1 AND state = 'finished') AS last
SELECT
    current.1 AS evaluation_id,
    current.2 AS fallback,
    current.3 != version AS has_other_rules,
    (
        SELECT countIf(notEmpty(arraySymmetricDifference(visible, load_ids)))
        FROM tracking_evaluations
        WHERE evaluation_id = current.1 AND (work_id = last.1 OR (state = 'started' AND started_at > last.2))
    ) > 0 AS has_other_loads
WHERE current.1 != toUUID('00000000-0000-0000-0000-000000000000')
