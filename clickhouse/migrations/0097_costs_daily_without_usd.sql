-- Costs by day and the usual dimensions, from a rollup that is as exact as the lines, now.
-- What is visible is asked for once in a query, so all of its parts and all views in it show the same.
-- Where nothing is silent the conditions that say so are constant, and nothing is planned for them.
CREATE OR REPLACE VIEW costs_daily AS
WITH (SELECT argMax((moment, load_ids, silent_actual, silent_amortized), seen) FROM visible_loads) AS visible
SELECT
    * EXCEPT (actual_is_silent, amortized_is_silent) REPLACE
    (
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_in_billing_currency) AS cost_in_billing_currency,
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_in_usd) AS cost_in_usd,
        if(dataset IN ('actual', 'usage') OR amortized_is_silent, NULL, amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
        if(dataset IN ('actual', 'usage') OR amortized_is_silent, NULL, amortized_cost_in_usd) AS amortized_cost_in_usd,
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_without_usd) AS cost_without_usd,
        if(dataset IN ('actual', 'usage') OR amortized_is_silent, NULL, amortized_cost_without_usd) AS amortized_cost_without_usd
    )
FROM
(
    SELECT
        *,
        notEmpty(visible.3) AND (load_id, billing_account_id, subscription_id, date) IN (SELECT arrayJoin(visible.3)) AS actual_is_silent,
        notEmpty(visible.4) AND (load_id, billing_account_id, subscription_id, date) IN (SELECT arrayJoin(visible.4)) AS amortized_is_silent
    FROM daily_costs
    WHERE load_id IN (visible.2)
)
WHERE NOT multiIf(
    dataset = 'amortized', amortized_is_silent,
    dataset = 'focus', actual_is_silent AND amortized_is_silent,
    actual_is_silent)
COMMENT 'Costs by day and the usual dimensions; rows of one day may be split, so always aggregate with sum'
