-- The evaluation that holds now, whether rules or options were written since it began, and whether readers see other loads by now than it has seen.
WITH
    (SELECT toString((
        (SELECT (count(), max(updated_at)) FROM tracking_rules),
        (SELECT (count(), max(updated_at)) FROM tracking_options)))) AS version,
    (SELECT argMax(load_ids, seen) FROM visible_loads) AS visible,
    (
        SELECT argMax((evaluation_id, fallback, rules_version), started_at)
        FROM tracking_evaluations
        WHERE kind = 'whole' AND state = 'finished'
    ) AS current
SELECT
    current.1 AS evaluation_id,
    current.2 AS fallback,
    current.3 != version AS has_other_rules,
    notEmpty(arraySymmetricDifference(visible, (SELECT argMax(load_ids, started_at) FROM tracking_evaluations WHERE evaluation_id = current.1 AND state = 'finished'))) AS has_other_loads
WHERE current.1 != toUUID('00000000-0000-0000-0000-000000000000')
