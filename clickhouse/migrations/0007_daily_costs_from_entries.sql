-- Keeps daily_costs true to the facts, in the insert that brings them.
CREATE MATERIALIZED VIEW daily_costs_from_entries TO daily_costs AS
SELECT
    billing_month,
    load_id,
    source,
    dataset,
    date,
    billing_account_id,
    billing_currency,
    subscription_id,
    resource_group,
    resource_location,
    service_family,
    meter_category,
    meter_sub_category,
    charge_type,
    pricing_model,
    publisher_name,
    sum(e.cost_in_billing_currency) AS cost_in_billing_currency,
    sum(e.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    sum(e.cost_in_usd) AS cost_in_usd,
    sum(e.amortized_cost_in_usd) AS amortized_cost_in_usd,
    count() AS entries
FROM cost_entries AS e
GROUP BY billing_month, load_id, source, dataset, date, billing_account_id, billing_currency, subscription_id, resource_group, resource_location, service_family, meter_category, meter_sub_category, charge_type, pricing_model, publisher_name
