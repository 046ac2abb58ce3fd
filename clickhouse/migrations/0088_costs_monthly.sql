-- Costs by billing month and the usual dimensions, now. Of a load of which some days are silent the lines are read.
-- What is visible is asked for once in a query, so all of its parts and all views in it show the same.
CREATE VIEW costs_monthly AS
WITH
    (SELECT argMax((moment, load_ids, silent_actual, silent_amortized), seen) FROM visible_loads) AS visible,
    arrayDistinct(arrayMap(day -> day.1, arrayConcat(visible.3, visible.4))) AS partly_silent
SELECT
    billing_month,
    load_id,
    source,
    dataset,
    billing_account_id,
    billing_currency,
    subscription_id,
    resource_group,
    service_family,
    meter_category,
    charge_type,
    pricing_model,
    if(m.dataset = 'amortized', NULL, m.cost_in_billing_currency) AS cost_in_billing_currency,
    if(m.dataset IN ('actual', 'usage'), NULL, m.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    if(m.dataset = 'amortized', NULL, m.cost_in_usd) AS cost_in_usd,
    if(m.dataset IN ('actual', 'usage'), NULL, m.amortized_cost_in_usd) AS amortized_cost_in_usd,
    m.entries AS entries
FROM monthly_costs AS m
WHERE load_id IN (SELECT arrayJoin(visible.2)) AND load_id NOT IN (SELECT arrayJoin(partly_silent))
UNION ALL
SELECT
    billing_month,
    load_id,
    source,
    dataset,
    billing_account_id,
    billing_currency,
    subscription_id,
    resource_group,
    service_family,
    meter_category,
    charge_type,
    pricing_model,
    cost_in_billing_currency,
    amortized_cost_in_billing_currency,
    cost_in_usd,
    amortized_cost_in_usd,
    toUInt64(1) AS entries
FROM costs
WHERE load_id IN (SELECT arrayJoin(arrayMap(day -> day.1, arrayConcat(silent.3, silent.4))) FROM (SELECT (SELECT argMax((moment, load_ids, silent_actual, silent_amortized), seen) FROM visible_loads) AS silent))
COMMENT 'Costs by billing month and the usual dimensions; rows may be split, so always aggregate with sum'
