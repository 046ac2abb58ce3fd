-- The costs of a load by resource and the dimensions that people group by, without the days. A load has one month, source and dataset:
-- what it is not grouped by need not be compared, line by line.
INSERT INTO resource_month_costs (billing_month, load_id, source, dataset, billing_account_id, billing_currency, subscription_id, resource_id, resource_group, resource_location, service_family, meter_category, charge_type, pricing_model, cost_in_billing_currency, amortized_cost_in_billing_currency, cost_in_usd, amortized_cost_in_usd, cost_without_usd, amortized_cost_without_usd, entries)
SELECT
    toDate({billing_month:String}),
    {load_id:UUID},
    any(e.source) AS source,
    any(e.dataset) AS dataset,
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
    sum(e.cost_in_billing_currency) AS cost_in_billing_currency,
    sum(e.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    sum(e.cost_in_usd) AS cost_in_usd,
    sum(e.amortized_cost_in_usd) AS amortized_cost_in_usd,
    sumIf(e.cost_in_billing_currency, e.cost_in_usd IS NULL) AS cost_without_usd,
    sumIf(e.amortized_cost_in_billing_currency, e.amortized_cost_in_usd IS NULL) AS amortized_cost_without_usd,
    count() AS entries
FROM cost_entries AS e
WHERE e.load_id = {load_id:UUID} AND e.billing_month = toDate({billing_month:String})
GROUP BY billing_account_id, billing_currency, subscription_id, resource_id, resource_group, resource_location, service_family, meter_category, charge_type, pricing_model
