-- What each resource group of a source cost in a billing month, out of every line of it; {month} is its first day.
SELECT resource_group, billing_currency, sum(cost_in_billing_currency) AS actual
FROM costs
WHERE source = {source:String} AND billing_month = {month:Date}
GROUP BY resource_group, billing_currency
ORDER BY actual DESC, resource_group
