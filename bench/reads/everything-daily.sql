-- What everything cost, by currency.
SELECT billing_currency, sum(cost_in_billing_currency) AS actual
FROM costs_daily
GROUP BY billing_currency
ORDER BY billing_currency
