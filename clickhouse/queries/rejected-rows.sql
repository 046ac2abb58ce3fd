-- The first rejected rows of a load, in file order.
SELECT line AS record, reason
FROM rejected_rows
WHERE load_id = {load_id:UUID}
ORDER BY line
LIMIT {limit:UInt32}
