-- Which billing accounts, subscriptions and days each load has rows for
CREATE TABLE load_coverage
(
    billing_month Date COMMENT 'First day of the billing month of the run',
    load_id UUID COMMENT 'The load that the figures belong to',
    billing_account_id LowCardinality(String) COMMENT 'Billing account: enrollment (EA) or account id',
    subscription_id LowCardinality(String) COMMENT 'Subscription; empty for charges that belong to none',
    date Date COMMENT 'Day of usage or purchase, UTC',
    entries SimpleAggregateFunction(sum, UInt64) COMMENT 'Number of cost entries'
)
ENGINE = AggregatingMergeTree
PARTITION BY billing_month
ORDER BY (load_id, billing_account_id, subscription_id, date)
COMMENT 'Which billing accounts, subscriptions and days each load has rows for'
