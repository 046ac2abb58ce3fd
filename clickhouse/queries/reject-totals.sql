-- The rejected rows of some loads by currency: how many, of how many the cost cannot be read, and the cost of the others.
SELECT
    r.billing_currency AS billing_currency,
    count() AS rows,
    countIf(isNull(r.cost)) AS rows_without_cost,
    toString(ifNull(sum(r.cost), toDecimal256(0, 30))) AS total
FROM rejected_rows AS r
WHERE r.load_id IN {load_ids:Array(UUID)}
GROUP BY r.billing_currency
ORDER BY billing_currency
