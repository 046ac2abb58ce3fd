-- What each day of a source's billing month cost; {month} is its first day.
SELECT date, billing_currency, sum(cost_in_billing_currency) AS actual
FROM costs_daily
WHERE source = {source:String} AND billing_month = {month:Date}
GROUP BY date, billing_currency
ORDER BY date, billing_currency
