-- What one load has brought: rows, those whose JSON cannot be read, the greatest record number, and the rows that its
-- rollup knows of.
SELECT
    e.rows AS rows_loaded,
    e.malformed AS rows_malformed,
    r.rows AS rows_rejected,
    greatest(e.last_record, r.last_record) AS last_record,
    (SELECT sum(entries) FROM load_coverage WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String})) AS rows_covered
FROM
(
    SELECT count() AS rows, countIf(malformed_json != '') AS malformed, max(line) AS last_record
    FROM cost_entries
    WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String})
) AS e
CROSS JOIN
(
    SELECT count() AS rows, max(line) AS last_record
    FROM rejected_rows
    WHERE load_id = {load_id:UUID}
) AS r
