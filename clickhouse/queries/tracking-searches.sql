-- What is to be looked for in an evaluation: columns, ways and batches; and whether a term says only what may not be.
SELECT
    column,
    way,
    batch,
    (SELECT count() FROM tracking_terms WHERE evaluation_id = {evaluation_id:UUID} AND empty(positives)) > 0 AS has_always
FROM tracking_atoms
WHERE evaluation_id = {evaluation_id:UUID}
GROUP BY column, way, batch
ORDER BY column, way, batch
