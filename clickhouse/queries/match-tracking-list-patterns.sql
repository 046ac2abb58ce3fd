-- The same for a column of which a resource has several, each with a key: what is found in any of them is kept where the key is that
-- of the condition.
INSERT INTO tracking_matches (work_id, number, atoms)
WITH
(
    SELECT (groupArray(number), groupArray(pattern), groupArray(folded), groupArray(anchor), groupArray(folded_key), groupArray(way = 'regex'))
    FROM (SELECT * FROM tracking_atoms WHERE evaluation_id = {evaluation_id:UUID} AND column = {column:String} AND way IN {ways:Array(String)} AND batch = {batch:UInt32} ORDER BY number)
) AS atom
SELECT
    {work_id:UUID} AS work_id,
    number,
    arrayMap(
        index -> atom.1[index],
        arrayFilter(
            index -> atom.5[index] = key AND (multiIf(atom.4[index] = 'start', startsWith(value, atom.3[index]), atom.4[index] = 'end', endsWith(value, atom.3[index]), NOT atom.6[index] OR position(value, '\n') = 0 OR match(value, atom.2[index]))),
            multiMatchAllIndices(value, atom.2))) AS atoms
FROM
(
    SELECT number, key, value
    FROM tracking_subjects
    ARRAY JOIN {keys:Identifier} AS key, {column:Identifier} AS value
    WHERE work_id = {work_id:UUID} AND has(atom.5, key)
)
WHERE notEmpty(atoms)
SETTINGS max_hyperscan_regexp_length = 0, max_hyperscan_regexp_total_length = 0, reject_expensive_hyperscan_regexps = 0
