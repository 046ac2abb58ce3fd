-- The costs of resources, now.
-- The lines are sorted by resource, so that those of one are found at once; only what is shown here is planned for.
-- What is visible is asked for once in a query, so all of its parts and all views in it show the same.
-- Where nothing is silent the conditions that say so are constant, and nothing is planned for them.
CREATE OR REPLACE VIEW costs_by_resource AS
WITH (SELECT argMax((moment, load_ids, silent_actual, silent_amortized), seen) FROM visible_loads) AS visible
SELECT
    billing_month,
    load_id,
    source,
    dataset,
    resource_id,
    date,
    subscription_id,
    billing_account_id,
    billing_currency,
    if(e.dataset = 'amortized' OR e.actual_is_silent, NULL, e.cost_in_billing_currency) AS cost_in_billing_currency,
    if(e.dataset IN ('actual', 'usage') OR e.amortized_is_silent, NULL, e.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    if(e.dataset = 'amortized' OR e.actual_is_silent, NULL, e.cost_in_usd) AS cost_in_usd,
    if(e.dataset IN ('actual', 'usage') OR e.amortized_is_silent, NULL, e.amortized_cost_in_usd) AS amortized_cost_in_usd,
    toUInt64(1) AS entries
FROM
(
    SELECT
        billing_month,
        load_id,
        source,
        dataset,
        resource_id,
        date,
        subscription_id,
        billing_account_id,
        billing_currency,
        cost_in_billing_currency,
        amortized_cost_in_billing_currency,
        cost_in_usd,
        amortized_cost_in_usd,
        notEmpty(visible.3) AND (load_id, billing_account_id, subscription_id, date) IN (SELECT arrayJoin(visible.3)) AS actual_is_silent,
        notEmpty(visible.4) AND (load_id, billing_account_id, subscription_id, date) IN (SELECT arrayJoin(visible.4)) AS amortized_is_silent
    FROM cost_entries
    WHERE load_id IN (visible.2)
) AS e
WHERE NOT multiIf(
    dataset = 'amortized', amortized_is_silent,
    dataset = 'focus', actual_is_silent AND amortized_is_silent,
    actual_is_silent)
COMMENT 'Costs by resource and day; a day may have several rows, so always aggregate with sum'
