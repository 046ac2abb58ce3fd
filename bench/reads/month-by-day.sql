-- What each day of a billing month cost; {month} is its first day.
SELECT date, billing_currency, sum(cost_in_billing_currency) AS actual
FROM costs_daily
WHERE billing_month = {month:Date}
GROUP BY date, billing_currency
ORDER BY date, billing_currency
