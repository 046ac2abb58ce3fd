-- What each subscription cost in a billing month; {month} is its first day.
SELECT subscription_id, billing_currency, sum(cost_in_billing_currency) AS actual
FROM costs_daily
WHERE billing_month = {month:Date}
GROUP BY subscription_id, billing_currency
ORDER BY actual DESC, subscription_id
