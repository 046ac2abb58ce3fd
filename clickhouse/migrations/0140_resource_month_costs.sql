-- The rollup by resource, for whose costs are: rules are about resources, and a month of one has some thirty times as many lines.
-- The table appears at once, with the loads that are rolled up.
CREATE OR REPLACE TABLE resource_month_costs
(
    billing_month Date COMMENT 'First day of the billing month of the run',
    load_id UUID COMMENT 'The load that the figures belong to',
    source LowCardinality(String) COMMENT 'Source that the row came from',
    dataset LowCardinality(String) COMMENT 'actual, amortized, usage or focus: which figures the file holds',
    billing_account_id LowCardinality(String) COMMENT 'Billing account: enrollment (EA) or account id',
    billing_currency LowCardinality(String) COMMENT 'Currency of the invoice',
    subscription_id LowCardinality(String) COMMENT 'Subscription; empty for charges that belong to none',
    resource_id LowCardinality(String) COMMENT 'Resource id, in lower case; empty for purchases',
    resource_group LowCardinality(String) COMMENT 'Resource group, in lower case',
    resource_location LowCardinality(String) COMMENT 'Datacenter of the resource, such as EastUS',
    service_family LowCardinality(String) COMMENT 'Service family of the meter, such as Compute',
    meter_category LowCardinality(String) COMMENT 'Service of the meter, such as Virtual Machines',
    charge_type LowCardinality(String) COMMENT 'Usage, Purchase, Refund, UnusedReservation, …',
    pricing_model LowCardinality(String) COMMENT 'OnDemand, Reservation, SavingsPlan or Spot',
    cost_in_billing_currency SimpleAggregateFunction(sum, Decimal(76, 30)) COMMENT 'Actual cost',
    amortized_cost_in_billing_currency SimpleAggregateFunction(sum, Decimal(76, 30)) COMMENT 'Amortized cost',
    cost_in_usd SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) COMMENT 'Actual cost in USD as delivered',
    amortized_cost_in_usd SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) COMMENT 'Amortized cost in USD as delivered',
    cost_without_usd SimpleAggregateFunction(sum, Decimal(76, 30)) COMMENT 'Actual cost in billing_currency of the lines that have none in USD',
    amortized_cost_without_usd SimpleAggregateFunction(sum, Decimal(76, 30)) COMMENT 'Amortized cost in billing_currency of the lines that have none in USD',
    entries SimpleAggregateFunction(sum, UInt64) COMMENT 'Number of cost entries'
)
ENGINE = AggregatingMergeTree
PARTITION BY billing_month
ORDER BY (load_id, resource_id, source, dataset, billing_account_id, billing_currency, subscription_id, resource_group, resource_location, service_family, meter_category, charge_type, pricing_model)
COMMENT 'Costs by billing month, resource and the dimensions that people group by, for every load; read the view costs_by_resource_month'
AS SELECT
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
    sum(e.cost_in_billing_currency) AS cost_in_billing_currency,
    sum(e.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    sum(e.cost_in_usd) AS cost_in_usd,
    sum(e.amortized_cost_in_usd) AS amortized_cost_in_usd,
    sumIf(e.cost_in_billing_currency, e.cost_in_usd IS NULL) AS cost_without_usd,
    sumIf(e.amortized_cost_in_billing_currency, e.amortized_cost_in_usd IS NULL) AS amortized_cost_without_usd,
    count() AS entries
FROM cost_entries AS e
WHERE load_id IN (SELECT load_id FROM monthly_costs)
GROUP BY billing_month, load_id, source, dataset, billing_account_id, billing_currency, subscription_id, resource_id, resource_group, resource_location, service_family, meter_category, charge_type, pricing_model
SETTINGS max_partitions_per_insert_block = 0, max_bytes_before_external_group_by = 268435456
