-- Subscriptions that each load shows; read the view subscriptions
CREATE TABLE subscription_slices
(
    billing_month Date COMMENT 'First day of the billing month of the run',
    load_id UUID COMMENT 'The load that showed it',
    billing_account_id LowCardinality(String) COMMENT 'Billing account: enrollment (EA) or account id',
    subscription_id LowCardinality(String) COMMENT 'Subscription; empty for charges that belong to none',
    subscription_name SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Name of the subscription',
    billing_account_name SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Name of the billing account',
    first_date SimpleAggregateFunction(min, Date) COMMENT 'First day with a charge',
    last_date SimpleAggregateFunction(max, Date) COMMENT 'Last day with a charge'
)
ENGINE = AggregatingMergeTree
PARTITION BY billing_month
ORDER BY (load_id, billing_account_id, subscription_id)
COMMENT 'Subscriptions that each load shows; read the view subscriptions'
