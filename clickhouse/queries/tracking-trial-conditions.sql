-- The conditions that hold for any of the resources of a trial.
SELECT DISTINCT a.field AS field, a.operator AS operator, a.value AS value
FROM tracking_atoms AS a
WHERE a.evaluation_id = {evaluation_id:UUID}
    AND a.number IN (SELECT arrayJoin(atoms) FROM tracking_matches WHERE work_id = {evaluation_id:UUID})
