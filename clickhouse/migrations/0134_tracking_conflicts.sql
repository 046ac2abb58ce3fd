-- Resources that several rules match, of every evaluation that is kept; the candidates in the order in which they win, the first 100.
-- What showed them is asked for now: a resource that stays as it is is not written again when a newer load shows it.
CREATE VIEW tracking_conflicts AS
WITH
    (SELECT groupArray(evaluation_id) FROM tracking_evaluations FINAL WHERE kind = 'whole' AND state = 'finished') AS kept,
    (SELECT argMax((evaluation_id, fallback), started_at) FROM tracking_evaluations WHERE kind = 'whole' AND state = 'finished') AS current
SELECT
    c.evaluation_id AS evaluation_id,
    c.evaluation_id = current.1 AS is_current,
    c.resource_id AS resource_id,
    any(c.subscription_id) AS subscription_id,
    c.valid_from AS valid_from,
    any(c.valid_to) AS valid_to,
    any(c.candidates) AS candidate_count,
    arrayMap(one -> one.2, arraySort(one -> one.1, groupArray((c.place, (r.rule_id, r.priority, t.field, t.operator, t.value)::Tuple(rule_id String, priority Int32, field String, operator String, text String))))) AS candidates,
    candidates[1].1 AS winner,
    any(c.reason) AS reason,
    any(if(n.month = '1970-01-01', c.shown_by, n.load)) AS shown_by,
    any(l.source) AS shown_by_source,
    any(l.run_id) AS shown_by_run,
    any(if(n.month = '1970-01-01', c.shown_month, n.month)) AS shown_month,
    any(c.evaluated_at) AS evaluated_at
FROM
(
    SELECT * EXCEPT rivals, rival.1 AS rule, rival.2 AS atom, place
    FROM
    (
        SELECT evaluation_id, resource_id, subscription_id, valid_from, valid_to, candidates, reason, rivals, shown_by, shown_month, evaluated_at
        FROM tracking_assignments FINAL
        ARRAY JOIN valid_from, valid_to, candidates, reason, rivals
        WHERE evaluation_id IN (kept) AND NOT removed AND candidates > 1
    )
    ARRAY JOIN rivals AS rival, arrayEnumerate(rivals) AS place
) AS c
LEFT JOIN tracking_evaluation_rules AS r ON r.evaluation_id = c.evaluation_id AND r.number = c.rule
LEFT JOIN tracking_atoms AS t ON t.evaluation_id = c.evaluation_id AND t.number = c.atom
LEFT JOIN
(
    SELECT resource_id::String AS id, argMax((load_id, billing_month), (last_date, load_id)) AS newest, newest.1 AS load, newest.2 AS month
    FROM resource_slices AS s
    WHERE load_id IN (SELECT arrayJoin(argMax(load_ids, seen)) FROM visible_loads)
    GROUP BY id
) AS n ON n.id = c.resource_id
LEFT JOIN (SELECT load_id, source, run_id FROM loads FINAL) AS l ON l.load_id = if(n.month = '1970-01-01', c.shown_by, n.load)
GROUP BY c.evaluation_id, c.resource_id, c.valid_from
COMMENT 'Resources that several rules match, and which of them wins why; shown_by is the load with their newest charges that readers see (else the one that the evaluation saw), behind it its source and run'
