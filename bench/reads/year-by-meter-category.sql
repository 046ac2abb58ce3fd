-- What each meter category cost in each billing month of a year; {from} is included, {until} is not.
SELECT billing_month, meter_category, billing_currency, sum(cost_in_billing_currency) AS actual
FROM costs_monthly
WHERE billing_month >= {from:Date} AND billing_month < {until:Date}
GROUP BY billing_month, meter_category, billing_currency
ORDER BY billing_month, actual DESC, meter_category
