-- The run that a snapshot is.
SELECT source, export, dataset, formatDateTime(billing_month, '%Y-%m') AS month, run_id
FROM runs FINAL
WHERE lower(hex(MD5(concatWithSeparator('/', 'snapshot', source, export, dataset, toString(billing_month), run_id)))) = {id:String}
