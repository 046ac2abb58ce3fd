-- How much of the cost has a rule, and how many of its resources: of the billing months from `first_month` to `last_month`
-- (both included), with a line for each month, each subscription, or both. Of each metric only where there is any.
SELECT
    if({by:String} = 'subscription', NULL, formatDateTime(c.billing_month, '%Y-%m')) AS month,
    if({by:String} = 'month', NULL, c.subscription_id::String) AS subscription,
    if({by:String} = 'month', '', argMax(c.subscription_name, c.date)) AS subscription_name,
    c.metric AS metric,
    c.billing_currency AS currency,
    toString(sum(c.amount)) AS cost,
    toString(sumIf(c.amount, c.is_assigned)) AS assigned,
    toString(sumIf(c.amount, NOT c.is_assigned)) AS unassigned,
    toString(sumIf(c.amount, c.resource_id = '')) AS without_resource,
    if(sum(c.amount) = 0, NULL, toString(divideDecimal(sumIf(c.amount, c.is_assigned) * 100, sum(c.amount), 2))) AS share,
    uniqExactIf(c.resource_id, c.resource_id != '') AS resources,
    uniqExactIf(c.resource_id, c.is_assigned) AS assigned_resources
FROM
(
    SELECT
        billing_month,
        date,
        subscription_id,
        subscription_name,
        billing_currency,
        resource_id,
        rule_id != '' AS is_assigned,
        arrayJoin([('actual', cost_in_billing_currency), ('amortized', amortized_cost_in_billing_currency)]) AS figure,
        figure.1 AS metric,
        ifNull(figure.2, 0) AS amount
    FROM costs_by_tracking
    WHERE billing_month BETWEEN toDate({first_month:String}) AND toDate({last_month:String}) AND figure.2 IS NOT NULL
) AS c
GROUP BY month, subscription, metric, currency
ORDER BY month, subscription_name, subscription, metric, currency
