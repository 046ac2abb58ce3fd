-- Every cost entry that counts, now, with whose it is by the rules that hold now.
CREATE VIEW costs_by_tracking AS
WITH (SELECT argMax((evaluation_id, fallback), started_at) FROM tracking_evaluations WHERE kind = 'whole' AND state = 'finished') AS current
SELECT
    c.*,
    r.rule_id AS rule_id,
    r.name AS rule_name,
    if(a.rule = 0 AND current.2 = 'last_segment' AND c.resource_id != '', map('resource_tracking', upperUTF8(splitByChar('/', c.resource_id::String)[-1])), r.targets) AS targets
FROM costs AS c
LEFT JOIN
(
    SELECT resource_id AS tracked_id, valid_from, valid_to, rule
    FROM tracking_assignments FINAL
    ARRAY JOIN valid_from, valid_to, rule
    WHERE evaluation_id = current.1 AND NOT removed AND rule != 0
) AS a ON a.tracked_id = c.resource_id AND a.valid_from <= c.date AND a.valid_to > c.date
LEFT JOIN (SELECT number, rule_id, name, targets FROM tracking_evaluation_rules WHERE evaluation_id = current.1) AS r ON r.number = a.rule
COMMENT 'Every cost entry that counts, with the rule of its resource and day and that rule\'s targets; rule_id is empty where no rule matches'
