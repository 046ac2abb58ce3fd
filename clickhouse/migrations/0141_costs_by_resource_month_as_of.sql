-- Costs by billing month, resource and the usual dimensions, as of a moment that the caller gives: costs_by_resource_month_as_of(moment = '2026-05-01 00:00:00').
-- Of a load of which some days are silent the lines are read.
CREATE VIEW costs_by_resource_month_as_of AS
SELECT
    billing_month,
    load_id,
    source,
    dataset,
    billing_account_id,
    billing_currency,
    subscription_id,
    resource_id,
    resource_group,
    resource_location,
    service_family,
    meter_category,
    charge_type,
    pricing_model,
    if(m.dataset = 'amortized', NULL, m.cost_in_billing_currency) AS cost_in_billing_currency,
    if(m.dataset IN ('actual', 'usage'), NULL, m.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    if(m.dataset = 'amortized', NULL, m.cost_in_usd) AS cost_in_usd,
    if(m.dataset IN ('actual', 'usage'), NULL, m.amortized_cost_in_usd) AS amortized_cost_in_usd,
    if(m.dataset = 'amortized', NULL, m.cost_without_usd) AS cost_without_usd,
    if(m.dataset IN ('actual', 'usage'), NULL, m.amortized_cost_without_usd) AS amortized_cost_without_usd,
    m.entries AS entries
FROM resource_month_costs AS m
WHERE load_id IN (SELECT load_id FROM current_loads_as_of(moment = {moment:DateTime64(6, 'UTC')}))
    AND load_id NOT IN (SELECT load_id FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')}))
UNION ALL
SELECT
    billing_month,
    load_id,
    source,
    dataset,
    billing_account_id,
    billing_currency,
    subscription_id,
    resource_id,
    resource_group,
    resource_location,
    service_family,
    meter_category,
    charge_type,
    pricing_model,
    cost_in_billing_currency,
    amortized_cost_in_billing_currency,
    cost_in_usd,
    amortized_cost_in_usd,
    if(cost_in_usd IS NULL, cost_in_billing_currency, 0) AS cost_without_usd,
    if(amortized_cost_in_usd IS NULL, amortized_cost_in_billing_currency, 0) AS amortized_cost_without_usd,
    toUInt64(1) AS entries
FROM costs_as_of(moment = {moment:DateTime64(6, 'UTC')})
WHERE load_id IN (SELECT load_id FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')}))
COMMENT 'Costs by billing month, resource and the usual dimensions; rows may be split, so always aggregate with sum, as of a moment'
