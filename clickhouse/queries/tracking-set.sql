-- The evaluation of the rules that costs are read with, when and whether it has grown since its first work, whether rules or options were written since it began,
-- and whether readers see other loads by now than it has seen. Zeros where nothing was evaluated yet.
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
    (
        SELECT (max(started_at), max(updated_at), argMax(load_ids, started_at))
        FROM tracking_evaluations
        WHERE evaluation_id = current.1 AND state = 'finished'
    ) AS work
SELECT
    current.1 AS evaluation_id,
    current.2 AS fallback,
    work.1 AS evaluated_at,
    work.2 AS changed_at,
    version AS rules_version,
    (SELECT uniqExact(work_id) FROM tracking_evaluations WHERE evaluation_id = current.1) > 1 AS has_grown,
    current.3 != version AS has_other_rules,
    notEmpty(arraySymmetricDifference(visible, work.3)) AS has_other_loads
