-- Begins a work of an evaluation: over the resources of the loads that readers see now, under the rules that there are now.
INSERT INTO tracking_evaluations (evaluation_id, work_id, kind, state, started_at, rules_version, load_ids)
SELECT
    {evaluation_id:UUID} AS evaluation_id,
    {work_id:UUID} AS work_id,
    {kind:String} AS kind,
    'started' AS state,
    now64(6, 'UTC') AS started_at,
    toString((
        (SELECT (count(), max(updated_at)) FROM tracking_rules),
        (SELECT (count(), max(updated_at)) FROM tracking_options))) AS rules_version,
    (SELECT argMax(load_ids, seen) FROM visible_loads) AS load_ids
