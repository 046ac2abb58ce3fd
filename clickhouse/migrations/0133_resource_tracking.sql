-- Whose each resource is, by the rules that hold now. A resource has one row, or several with days that do not overlap.
CREATE VIEW resource_tracking AS
WITH (SELECT argMax((evaluation_id, fallback), started_at) FROM tracking_evaluations WHERE kind = 'whole' AND state = 'finished') AS current
SELECT
    a.resource_id AS resource_id,
    a.subscription_id AS subscription_id,
    a.valid_from AS valid_from,
    a.valid_to AS valid_to,
    r.rule_id AS rule_id,
    r.name AS rule_name,
    r.priority AS priority,
    if(a.rule = 0 AND current.2 = 'last_segment', map('resource_tracking', upperUTF8(splitByChar('/', a.resource_id)[-1])), r.targets) AS targets,
    t.field AS matched_field,
    t.operator AS matched_operator,
    t.value AS matched_text,
    a.candidates AS candidates,
    a.evaluated_at AS evaluated_at
FROM
(
    SELECT resource_id, subscription_id, valid_from, valid_to, rule, atom, candidates, evaluated_at
    FROM tracking_assignments FINAL
    ARRAY JOIN valid_from, valid_to, rule, atom, candidates
    WHERE evaluation_id = current.1 AND NOT removed
) AS a
LEFT JOIN (SELECT number, rule_id, name, priority, targets FROM tracking_evaluation_rules WHERE evaluation_id = current.1) AS r ON r.number = a.rule
LEFT JOIN (SELECT number, field, operator, value FROM tracking_atoms WHERE evaluation_id = current.1) AS t ON t.number = a.atom
COMMENT 'Whose each resource is: its rule and targets, from valid_from (1970-01-01 for all before) until the day before valid_to (2149-06-06 for all after); rule_id is empty where no rule matches'
