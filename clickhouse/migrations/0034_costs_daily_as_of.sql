-- Costs by day and the usual dimensions, from a rollup that is as exact as the lines, as of a moment that the caller gives: costs_daily_as_of(moment = '2026-05-01 00:00:00').
CREATE VIEW costs_daily_as_of AS
SELECT
    * REPLACE
    (
        if(dataset = 'amortized', NULL, cost_in_billing_currency) AS cost_in_billing_currency,
        if(dataset = 'amortized', NULL, cost_in_usd) AS cost_in_usd,
        if(dataset IN ('actual', 'usage'), NULL, amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
        if(dataset IN ('actual', 'usage'), NULL, amortized_cost_in_usd) AS amortized_cost_in_usd
    )
FROM daily_costs
WHERE load_id IN (SELECT load_id FROM current_loads_as_of(moment = {moment:DateTime64(6, 'UTC')}))
    AND load_id NOT IN (SELECT load_id FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')}))
UNION ALL
SELECT *
FROM
(
    SELECT
        * REPLACE
        (
        if(dataset = 'amortized' OR (load_id, billing_account_id, subscription_id, date) IN (SELECT load_id, billing_account_id, subscription_id, date FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')}) WHERE metric = 'actual'), NULL, cost_in_billing_currency) AS cost_in_billing_currency,
            if(dataset = 'amortized' OR (load_id, billing_account_id, subscription_id, date) IN (SELECT load_id, billing_account_id, subscription_id, date FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')}) WHERE metric = 'actual'), NULL, cost_in_usd) AS cost_in_usd,
            if(dataset IN ('actual', 'usage') OR (load_id, billing_account_id, subscription_id, date) IN (SELECT load_id, billing_account_id, subscription_id, date FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')}) WHERE metric = 'amortized'), NULL, amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
            if(dataset IN ('actual', 'usage') OR (load_id, billing_account_id, subscription_id, date) IN (SELECT load_id, billing_account_id, subscription_id, date FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')}) WHERE metric = 'amortized'), NULL, amortized_cost_in_usd) AS amortized_cost_in_usd
        )
    FROM daily_costs
    WHERE load_id IN (SELECT load_id FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')}))
)
WHERE cost_in_billing_currency IS NOT NULL OR amortized_cost_in_billing_currency IS NOT NULL
COMMENT 'Costs by day and the usual dimensions; rows of one day may be split, so always aggregate with sum, as of a moment'
