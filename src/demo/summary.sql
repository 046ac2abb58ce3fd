-- Costs by currency and subscription, the most expensive first, and the total of each currency.
SELECT
    c.billing_currency AS currency,
    multiIf(
        grouping(c.subscription_id) = 1, 'total',
        c.subscription_id = '', '(no subscription)',
        any(s.subscription_name) = '', c.subscription_id,
        any(s.subscription_name)) AS subscription,
    toString(sum(c.cost_in_billing_currency)) AS actual_cost,
    toString(sum(c.amortized_cost_in_billing_currency)) AS amortized_cost,
    grouping(c.subscription_id) = 1 AS is_total
FROM costs_daily AS c
LEFT JOIN subscriptions AS s ON s.billing_account_id = c.billing_account_id AND s.subscription_id = c.subscription_id
GROUP BY GROUPING SETS ((c.billing_currency, c.billing_account_id, c.subscription_id), (c.billing_currency))
ORDER BY currency, is_total, sum(c.cost_in_billing_currency) DESC NULLS LAST
