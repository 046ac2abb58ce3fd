-- Days of a load that stay silent while the publication that silences them is current.
CREATE TABLE shadows
(
    publication_id UUID COMMENT 'The publication that answers instead',
    metric LowCardinality(String) COMMENT 'actual or amortized',
    load_id UUID COMMENT 'The load that is silent',
    billing_account_id LowCardinality(String) COMMENT 'Billing account of the silent rows',
    subscription_id LowCardinality(String) COMMENT 'Subscription of the silent rows',
    date Date COMMENT 'Day of the silent rows'
)
ENGINE = ReplacingMergeTree
ORDER BY (publication_id, metric, load_id, billing_account_id, subscription_id, date)
COMMENT 'Who answers where two publications cover the same billing account, subscription, day and metric'
