-- The costs of resources, as of a moment that the caller gives: costs_by_resource_as_of(moment = '2026-05-01 00:00:00').
-- The lines are sorted by resource, so that those of one are found at once.
CREATE OR REPLACE VIEW costs_by_resource_as_of AS
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
    cost_in_billing_currency,
    amortized_cost_in_billing_currency,
    cost_in_usd,
    amortized_cost_in_usd,
    toUInt64(1) AS entries
FROM costs_as_of(moment = {moment:DateTime64(6, 'UTC')})
COMMENT 'Costs by resource and day; a day may have several rows, so always aggregate with sum, as of a moment'
