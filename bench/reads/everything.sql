-- What everything cost, by currency, out of every line.
SELECT billing_currency, sum(cost_in_billing_currency) AS actual, count() AS entries
FROM costs
GROUP BY billing_currency
ORDER BY billing_currency
