-- What is to be looked for in an evaluation: columns, ways and batches; and whether a term says only what may not be. The patterns of a column
-- that has few are looked for in one pass, whichever way.
SELECT
    column,
    groupArray(way) AS ways,
    batch,
    (SELECT count() FROM tracking_terms WHERE evaluation_id = {evaluation_id:UUID} AND empty(positives)) > 0 AS has_always
FROM
(
    SELECT column, way, batch, sum(if(way = 'equals', 0, count())) OVER (PARTITION BY column) <= 100 AS is_few
    FROM tracking_atoms
    WHERE evaluation_id = {evaluation_id:UUID}
    GROUP BY column, way, batch
)
GROUP BY column, batch, if(is_few AND way != 'equals', 'patterns', way) AS pass
ORDER BY column, pass, batch
