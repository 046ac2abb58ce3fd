-- Keeps resource_costs true to the facts, in the insert that brings them.
CREATE MATERIALIZED VIEW resource_costs_from_entries TO resource_costs AS
SELECT
    billing_month,
    load_id,
    source,
    dataset,
    resource_id,
    date,
    subscription_id,
    billing_account_id,
    billing_currency,
    sum(e.cost_in_billing_currency) AS cost_in_billing_currency,
    sum(e.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    sum(e.cost_in_usd) AS cost_in_usd,
    sum(e.amortized_cost_in_usd) AS amortized_cost_in_usd,
    count() AS entries
FROM cost_entries AS e
GROUP BY billing_month, load_id, source, dataset, resource_id, date, subscription_id, billing_account_id, billing_currency
