-- What one load has brought: rows, the greatest record number, and the rows that its rollup knows of.
SELECT
    (SELECT count() FROM cost_entries WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String})) AS rows_loaded,
    (SELECT count() FROM rejected_rows WHERE load_id = {load_id:UUID}) AS rows_rejected,
    greatest(
        (SELECT max(line) FROM cost_entries WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String})),
        (SELECT max(line) FROM rejected_rows WHERE load_id = {load_id:UUID})
    ) AS last_record,
    (SELECT sum(entries) FROM load_coverage WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String})) AS rows_covered
