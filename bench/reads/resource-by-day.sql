-- What a resource cost on each day of a year; {from} is included, {until} is not.
SELECT date, billing_currency, sum(cost_in_billing_currency) AS actual
FROM costs_by_resource
WHERE resource_id = {resource:String} AND billing_month >= {from:Date} AND billing_month < {until:Date}
GROUP BY date, billing_currency
ORDER BY date, billing_currency
