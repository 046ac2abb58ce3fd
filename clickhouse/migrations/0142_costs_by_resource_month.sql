-- Costs by billing month, resource and the usual dimensions, now. Of a load of which some days are silent the lines are read.
-- What is visible is asked for once in a query, so all of its parts and all views in it show the same.
-- Where nothing is silent, the condition that says so is constant, and the lines are not even planned for.
CREATE VIEW costs_by_resource_month AS
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
WHERE load_id IN (visible.2) AND load_id NOT IN (partly_silent)
UNION ALL
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
    resource_id,
    resource_group,
    resource_location,
    service_family,
    meter_category,
    charge_type,
    pricing_model,
    if(e.dataset = 'amortized' OR e.actual_is_silent, NULL, e.cost_in_billing_currency) AS cost_in_billing_currency,
    if(e.dataset IN ('actual', 'usage') OR e.amortized_is_silent, NULL, e.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    if(e.dataset = 'amortized' OR e.actual_is_silent, NULL, e.cost_in_usd) AS cost_in_usd,
    if(e.dataset IN ('actual', 'usage') OR e.amortized_is_silent, NULL, e.amortized_cost_in_usd) AS amortized_cost_in_usd,
    multiIf(e.dataset = 'amortized' OR e.actual_is_silent, NULL, e.cost_in_usd IS NULL, e.cost_in_billing_currency, 0) AS cost_without_usd,
    multiIf(e.dataset IN ('actual', 'usage') OR e.amortized_is_silent, NULL, e.amortized_cost_in_usd IS NULL, e.amortized_cost_in_billing_currency, 0) AS amortized_cost_without_usd,
    toUInt64(1) AS entries
FROM
(
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
        date,
        cost_in_billing_currency,
        amortized_cost_in_billing_currency,
        cost_in_usd,
        amortized_cost_in_usd,
        notEmpty(visible.3) AND (load_id, billing_account_id, subscription_id, date) IN (SELECT arrayJoin(visible.3)) AS actual_is_silent,
        notEmpty(visible.4) AND (load_id, billing_account_id, subscription_id, date) IN (SELECT arrayJoin(visible.4)) AS amortized_is_silent
    FROM cost_entries
    WHERE notEmpty(partly_silent) AND load_id IN (visible.2) AND load_id IN (partly_silent)
) AS e
WHERE NOT multiIf(
    dataset = 'amortized', amortized_is_silent,
    dataset = 'focus', actual_is_silent AND amortized_is_silent,
    actual_is_silent)
COMMENT 'Costs by billing month, resource and the usual dimensions; rows may be split, so always aggregate with sum'
