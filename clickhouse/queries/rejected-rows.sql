-- The first rejected rows of a load whose reason ends with a text, in file order.
SELECT line AS record, reason
FROM rejected_rows
WHERE load_id = {load_id:UUID} AND endsWith(reason, {ending:String})
ORDER BY line
LIMIT {limit:UInt32}
