-- For which resources of a work the conditions on a column hold that compare with the whole text.
INSERT INTO tracking_matches (work_id, number, atoms)
SELECT
    {work_id:UUID} AS work_id,
    s.number AS number,
    a.atoms AS atoms
FROM
(
    SELECT number, {column:Identifier} AS value
    FROM tracking_subjects
    WHERE work_id = {work_id:UUID}
) AS s
INNER JOIN
(
    SELECT folded, groupArray(number) AS atoms
    FROM tracking_atoms
    WHERE evaluation_id = {evaluation_id:UUID} AND column = {column:String} AND way = 'equals'
    GROUP BY folded
) AS a ON a.folded = s.value
