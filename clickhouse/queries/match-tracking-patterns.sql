-- For which resources of a work the conditions of one batch hold that are found by regular expressions: all at once, in one pass.
-- A literal is found wherever it stands; where it has to stand at an end is looked at then. For vectorscan `$` is also the place before
-- a line break at the end, for RE2 it is not.
INSERT INTO tracking_matches (work_id, number, atoms)
WITH
(
    SELECT (groupArray(number), groupArray(pattern), groupArray(folded), groupArray(anchor), groupArray(way = 'regex'))
    FROM (SELECT * FROM tracking_atoms WHERE evaluation_id = {evaluation_id:UUID} AND column = {column:String} AND way IN {ways:Array(String)} AND batch = {batch:UInt32} ORDER BY number)
) AS atom
SELECT
    {work_id:UUID} AS work_id,
    number,
    arrayMap(
        index -> atom.1[index],
        arrayFilter(
            index -> multiIf(atom.4[index] = 'start', startsWith(value, atom.3[index]), atom.4[index] = 'end', endsWith(value, atom.3[index]), NOT atom.5[index] OR position(value, '\n') = 0 OR match(value, atom.2[index])),
            multiMatchAllIndices(value, atom.2))) AS atoms
FROM
(
    SELECT number, {column:Identifier} AS value
    FROM tracking_subjects
    WHERE work_id = {work_id:UUID}
)
WHERE notEmpty(atoms)
SETTINGS max_hyperscan_regexp_length = 0, max_hyperscan_regexp_total_length = 0, reject_expensive_hyperscan_regexps = 0
