-- Costs by resource and day, for every load
CREATE TABLE resource_costs
(
    billing_month Date COMMENT 'First day of the billing month of the run',
    load_id UUID COMMENT 'The load that the figures belong to',
    source LowCardinality(String) COMMENT 'Source that the row came from',
    dataset LowCardinality(String) COMMENT 'actual, amortized, usage or focus: which figures the file holds',
    resource_id LowCardinality(String) COMMENT 'Resource id, in lower case; empty for purchases',
    date Date COMMENT 'Day of usage or purchase, UTC',
    subscription_id LowCardinality(String) COMMENT 'Subscription; empty for charges that belong to none',
    billing_account_id LowCardinality(String) COMMENT 'Billing account: enrollment (EA) or account id',
    billing_currency LowCardinality(String) COMMENT 'Currency of the invoice',
    cost_in_billing_currency SimpleAggregateFunction(sum, Decimal(76, 30)) COMMENT 'Actual cost',
    amortized_cost_in_billing_currency SimpleAggregateFunction(sum, Decimal(76, 30)) COMMENT 'Amortized cost',
    cost_in_usd SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) COMMENT 'Actual cost in USD as delivered',
    amortized_cost_in_usd SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) COMMENT 'Amortized cost in USD as delivered',
    entries SimpleAggregateFunction(sum, UInt64) COMMENT 'Number of cost entries'
)
ENGINE = AggregatingMergeTree
PARTITION BY billing_month
ORDER BY (load_id, source, dataset, resource_id, date, subscription_id, billing_account_id, billing_currency)
COMMENT 'Costs by resource and day, for every load'
