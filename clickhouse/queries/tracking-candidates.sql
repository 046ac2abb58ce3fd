-- How many candidates the resources of a work have at most: each term where the one of its conditions holds that holds least often.
WITH
(
    SELECT arrayMap(one -> one.2, arraySort(groupArray((a.number, h.resources))))
    FROM (SELECT number FROM tracking_atoms WHERE evaluation_id = {evaluation_id:UUID}) AS a
    LEFT JOIN
    (
        SELECT arrayJoin(atoms) AS atom, count() AS resources
        FROM tracking_matches
        WHERE work_id = {work_id:UUID}
        GROUP BY atom
    ) AS h ON h.atom = a.number
) AS often
SELECT sum(if(empty(positives), toUInt64({resources:UInt64}), arrayMin(number -> often[number], positives))) AS candidates
FROM tracking_terms
WHERE evaluation_id = {evaluation_id:UUID}
