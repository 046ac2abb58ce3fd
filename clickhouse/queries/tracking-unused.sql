-- Rules of the evaluation that holds now, valid on `day`, that win for no resource: how many they match, and which rules beat
-- them there. Of a resource only the first 100 candidates are known: `is_cut` says that some have more.
WITH (SELECT argMax(evaluation_id, started_at) FROM tracking_evaluations WHERE kind = 'whole' AND state = 'finished') AS current
SELECT
    r.rule_id AS rule_id,
    r.name AS name,
    r.priority AS priority,
    l.resources AS resources,
    l.beaten_by AS beaten_by,
    (SELECT countIf(arrayExists(count -> count > 100, candidates)) FROM tracking_assignments FINAL WHERE evaluation_id = current AND NOT removed) > 0 AS is_cut
FROM tracking_evaluation_rules AS r
LEFT JOIN
(
    SELECT
        loser,
        uniqExactMerge(beaten) AS resources,
        arrayReverseSort(one -> one.2, groupArray((w.rule_id, finalizeAggregation(beaten))::Tuple(rule_id String, resources UInt64))) AS beaten_by
    FROM
    (
        SELECT rival.1 AS loser, rivals[1].1 AS winner, uniqExactState(resource_id) AS beaten
        FROM (SELECT resource_id, rivals FROM tracking_assignments FINAL ARRAY JOIN rivals WHERE evaluation_id = current AND NOT removed AND length(rivals) > 1)
        ARRAY JOIN arraySlice(rivals, 2) AS rival
        GROUP BY loser, winner
    ) AS b
    INNER JOIN (SELECT number, rule_id FROM tracking_evaluation_rules WHERE evaluation_id = current) AS w ON w.number = b.winner
    GROUP BY loser
) AS l ON l.loser = r.number
WHERE r.evaluation_id = current
    AND r.valid_from <= toDate({day:String}) AND r.valid_to > toDate({day:String})
    AND r.number NOT IN (SELECT arrayJoin(rule) FROM tracking_assignments FINAL WHERE evaluation_id = current AND NOT removed)
ORDER BY l.resources > 0, r.number
