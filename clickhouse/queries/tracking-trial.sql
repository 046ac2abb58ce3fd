-- Whose resources are in a trial: each with a row for every period, as in the view resource_tracking.
SELECT
    a.resource_id AS resource_id,
    if(a.from = toDate('1970-01-01'), NULL, a.from) AS first_day,
    if(a.to = toDate('2149-06-06'), NULL, a.to) AS end_day,
    r.rule_id AS rule_id,
    r.name AS rule_name,
    if(a.number = 0 AND {fallback:String} = 'last_segment', map('resource_tracking', upperUTF8(splitByChar('/', a.resource_id)[-1])), r.targets) AS targets,
    t.field AS matched_field,
    t.operator AS matched_operator,
    t.value AS matched_text,
    a.candidate_count AS candidates
FROM
(
    SELECT resource_id, from, to, number, condition, candidate_count
    FROM tracking_assignments FINAL
    ARRAY JOIN valid_from AS from, valid_to AS to, rule AS number, atom AS condition, candidates AS candidate_count
    WHERE evaluation_id = {evaluation_id:UUID}
) AS a
LEFT JOIN (SELECT number, rule_id, name, targets FROM tracking_evaluation_rules WHERE evaluation_id = {evaluation_id:UUID}) AS r ON r.number = a.number
LEFT JOIN (SELECT number, field, operator, value FROM tracking_atoms WHERE evaluation_id = {evaluation_id:UUID}) AS t ON t.number = a.condition
ORDER BY resource_id, a.from
