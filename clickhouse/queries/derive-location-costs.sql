-- The costs of a load by the dimensions that people group by: with the resource groups and locations, but without the days. Out of
-- the rollup by resource, which is smaller than the lines.
INSERT INTO location_costs (billing_month, load_id, source, dataset, billing_account_id, billing_currency, subscription_id, resource_group, resource_location, service_family, meter_category, charge_type, pricing_model, cost_in_billing_currency, amortized_cost_in_billing_currency, cost_in_usd, amortized_cost_in_usd, cost_without_usd, amortized_cost_without_usd, entries)
SELECT
    billing_month,
    load_id,
    source,
    dataset,
    billing_account_id,
    billing_currency,
    subscription_id,
    resource_group,
    resource_location,
    service_family,
    meter_category,
    charge_type,
    pricing_model,
    sum(r.cost_in_billing_currency) AS cost_in_billing_currency,
    sum(r.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    sum(r.cost_in_usd) AS cost_in_usd,
    sum(r.amortized_cost_in_usd) AS amortized_cost_in_usd,
    sum(r.cost_without_usd) AS cost_without_usd,
    sum(r.amortized_cost_without_usd) AS amortized_cost_without_usd,
    sum(r.entries) AS entries
FROM resource_month_costs AS r
WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String})
GROUP BY billing_month, load_id, source, dataset, billing_account_id, billing_currency, subscription_id, resource_group, resource_location, service_family, meter_category, charge_type, pricing_model
