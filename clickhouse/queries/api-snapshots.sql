-- Snapshots that were not withdrawn, in the columns of the HTTP service.
SELECT
    id,
    run_id,
    report_date,
    file_name,
    status,
    created_at,
    source,
    note,
    multiIf(
        {order:String} = 'created_at', toString(created_at),
        {order:String} = 'source', source,
        {order:String} = 'status', status,
        {order:String} = 'file_name', lowerUTF8(file_name),
        {order:String} = 'run_id', run_id,
        toString(report_date)) AS sort_key,
    concatWithSeparator('\n', run_id, toString(report_date), file_name, status, source, note) AS searched
FROM snapshots
WHERE status != 'withdrawn'
