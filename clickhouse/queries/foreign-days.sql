-- The days of some loads that are not of their billing month, and how many rows they have.
SELECT
    toString(date) AS day,
    sum(entries) AS rows
FROM load_coverage
WHERE load_id IN {load_ids:Array(UUID)} AND billing_month = toDate({billing_month:String}) AND toStartOfMonth(date) != billing_month
GROUP BY date
ORDER BY date
