-- Costs by day and the usual dimensions, from a rollup that is as exact as the lines, as of a moment that the caller gives: costs_daily_as_of(moment = '2026-05-01 00:00:00').
-- Again, since the columns of a view stay as they were when it was made.
CREATE OR REPLACE VIEW costs_daily_as_of AS
WITH
    ('actual', load_id, billing_account_id, subscription_id, date) IN (SELECT metric, load_id, billing_account_id, subscription_id, date FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')})) AS actual_is_silent,
    ('amortized', load_id, billing_account_id, subscription_id, date) IN (SELECT metric, load_id, billing_account_id, subscription_id, date FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')})) AS amortized_is_silent
SELECT
    * REPLACE
    (
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_in_billing_currency) AS cost_in_billing_currency,
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_in_usd) AS cost_in_usd,
        if(dataset IN ('actual', 'usage') OR amortized_is_silent, NULL, amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
        if(dataset IN ('actual', 'usage') OR amortized_is_silent, NULL, amortized_cost_in_usd) AS amortized_cost_in_usd,
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_without_usd) AS cost_without_usd,
        if(dataset IN ('actual', 'usage') OR amortized_is_silent, NULL, amortized_cost_without_usd) AS amortized_cost_without_usd
    )
FROM daily_costs
WHERE load_id IN (SELECT load_id FROM current_loads_as_of(moment = {moment:DateTime64(6, 'UTC')}))
    AND NOT multiIf(
        dataset = 'amortized', amortized_is_silent,
        dataset = 'focus', actual_is_silent AND amortized_is_silent,
        actual_is_silent)
COMMENT 'Costs by day and the usual dimensions; rows of one day may be split, so always aggregate with sum, as of a moment'
