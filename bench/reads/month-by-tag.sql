-- What each value of a tag cost in a billing month, out of every line of it; {month} is its first day.
SELECT tags[{tag:String}] AS value, billing_currency, sum(cost_in_billing_currency) AS actual
FROM costs
WHERE billing_month = {month:Date}
GROUP BY value, billing_currency
ORDER BY actual DESC, value
