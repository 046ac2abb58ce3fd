-- Condition 0 holds for every resource of a work: rules that only say what may not be are found by it.
INSERT INTO tracking_matches (work_id, number, atoms)
SELECT work_id, number, [0] AS atoms
FROM tracking_subjects
WHERE work_id = {work_id:UUID}
