-- How many rows a load that is under way has brought.
SELECT count() AS rows
FROM cost_entries
WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String})
