-- What a work that is finished has found.
SELECT kind, resources, assigned, conflicts
FROM tracking_evaluations FINAL
WHERE evaluation_id = {evaluation_id:UUID} AND work_id = {work_id:UUID} AND state = 'finished'
