-- Says that a work is finished: now what it has found is seen, all at once.
INSERT INTO tracking_evaluations (evaluation_id, work_id, kind, state, started_at, rules_version, fallback, load_ids, rules, broken_rules, resources, assigned, conflicts)
WITH
(
    SELECT if(
        {kind:String} = 'extension',
        (
            SELECT (count(), countIf(arraySum(rule) > 0), countIf(arrayMax(candidates) > 1))
            FROM tracking_assignments FINAL
            WHERE {kind:String} = 'extension' AND evaluation_id = {evaluation_id:UUID} AND NOT removed
                AND resource_id IN (SELECT id FROM tracking_subjects WHERE work_id = {work_id:UUID} AND {kind:String} = 'extension')
        ),
        (
            -- The first work of an evaluation writes each resource once.
            SELECT (count(), countIf(arraySum(rule) > 0), countIf(arrayMax(candidates) > 1))
            FROM tracking_assignments
            WHERE {kind:String} != 'extension' AND evaluation_id = {evaluation_id:UUID}
        ))
) AS found
SELECT
    evaluation_id,
    work_id,
    kind,
    'finished' AS state,
    started_at,
    rules_version,
    {fallback:String} AS fallback,
    load_ids,
    {rules:UInt32} AS rules,
    arrayZip({broken_ids:Array(String)}, {broken_reasons:Array(String)}) AS broken_rules,
    found.1 AS resources,
    found.2 AS assigned,
    found.3 AS conflicts
FROM tracking_evaluations FINAL
WHERE evaluation_id = {evaluation_id:UUID} AND work_id = {work_id:UUID}
