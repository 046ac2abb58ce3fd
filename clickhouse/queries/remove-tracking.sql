-- Resources of an evaluation that no load of a work shows any more are not in it any more.
INSERT INTO tracking_assignments (evaluation_id, resource_id, removed, evaluated_at)
WITH
    (SELECT (argMax(load_ids, updated_at), any(started_at)) FROM tracking_evaluations WHERE evaluation_id = {evaluation_id:UUID} AND work_id = {work_id:UUID}) AS work,
    (SELECT argMax(load_ids, started_at) FROM tracking_evaluations WHERE evaluation_id = {evaluation_id:UUID} AND state = 'finished') AS seen
SELECT evaluation_id, resource_id, true AS removed, work.2 AS evaluated_at
FROM tracking_assignments FINAL
WHERE evaluation_id = {evaluation_id:UUID}
    AND NOT removed
    AND resource_id NOT IN (SELECT resource_id FROM resource_slices WHERE load_id IN (work.1))
    AND NOT hasAll(work.1, seen)
