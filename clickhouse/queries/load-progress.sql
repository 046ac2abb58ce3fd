-- How many rows a large load that is under way has brought: known of its partition, without reading a row. A small load,
-- which shares its partition, is over before anybody asks.
SELECT count() AS rows
FROM cost_entries
WHERE billing_month = toDate({billing_month:String}) AND own_partition = {load_id:UUID}
