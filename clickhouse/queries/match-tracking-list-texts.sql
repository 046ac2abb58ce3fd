-- The same for a column of which a resource has several, each with a key.
INSERT INTO tracking_matches (work_id, number, atoms)
SELECT
    {work_id:UUID} AS work_id,
    s.number AS number,
    a.atoms AS atoms
FROM
(
    SELECT number, key, value
    FROM tracking_subjects
    ARRAY JOIN {keys:Identifier} AS key, {column:Identifier} AS value
    WHERE work_id = {work_id:UUID}
) AS s
INNER JOIN
(
    SELECT folded_key, folded, groupArray(number) AS atoms
    FROM tracking_atoms
    WHERE evaluation_id = {evaluation_id:UUID} AND column = {column:String} AND way = 'equals'
    GROUP BY folded_key, folded
) AS a ON a.folded_key = s.key AND a.folded = s.value
