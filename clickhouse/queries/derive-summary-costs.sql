-- The costs of a load by the dimensions that summaries group by: with the locations, but without resource groups and days.
-- Out of the rollup by location, which is smaller than the lines.
INSERT INTO summary_costs (billing_month, load_id, source, dataset, billing_account_id, billing_currency, subscription_id, resource_location, service_family, meter_category, charge_type, pricing_model, cost_in_billing_currency, amortized_cost_in_billing_currency, cost_in_usd, amortized_cost_in_usd, cost_without_usd, amortized_cost_without_usd, entries)
SELECT
    billing_month,
    load_id,
    source,
    dataset,
    billing_account_id,
    billing_currency,
    subscription_id,
    resource_location,
    service_family,
    meter_category,
    charge_type,
    pricing_model,
    sum(l.cost_in_billing_currency) AS cost_in_billing_currency,
    sum(l.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    sum(l.cost_in_usd) AS cost_in_usd,
    sum(l.amortized_cost_in_usd) AS amortized_cost_in_usd,
    sum(l.cost_without_usd) AS cost_without_usd,
    sum(l.amortized_cost_without_usd) AS amortized_cost_without_usd,
    sum(l.entries) AS entries
FROM location_costs AS l
WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String})
GROUP BY billing_month, load_id, source, dataset, billing_account_id, billing_currency, subscription_id, resource_location, service_family, meter_category, charge_type, pricing_model
