-- The costs of a load by the dimensions that people group by: out of its rollup by day, which is smaller.
INSERT INTO monthly_costs (billing_month, load_id, source, dataset, billing_account_id, billing_currency, subscription_id, resource_group, service_family, meter_category, charge_type, pricing_model, cost_in_billing_currency, amortized_cost_in_billing_currency, cost_in_usd, amortized_cost_in_usd, entries)
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
    sum(d.cost_in_billing_currency) AS cost_in_billing_currency,
    sum(d.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    sum(d.cost_in_usd) AS cost_in_usd,
    sum(d.amortized_cost_in_usd) AS amortized_cost_in_usd,
    sum(d.entries) AS entries
FROM daily_costs AS d
WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String})
GROUP BY billing_month, load_id, source, dataset, billing_account_id, billing_currency, subscription_id, resource_group, service_family, meter_category, charge_type, pricing_model
