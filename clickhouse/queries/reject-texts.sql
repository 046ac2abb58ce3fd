-- The first rejected rows of a load in file order, with their text and cost.
SELECT line AS record, reason, text, toString(cost) AS cost, billing_currency
FROM rejected_rows
WHERE load_id = {load_id:UUID}
ORDER BY line
LIMIT {limit:UInt32}
