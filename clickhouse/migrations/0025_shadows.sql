-- Days of a load that stay silent while both the publication that silences them and the silent one are current.
CREATE TABLE shadows
(
    publication_id UUID COMMENT 'The publication that answers instead',
    silent_publication_id UUID COMMENT 'The publication that is silent: its loads may be named again by a later one, of another rank',
    metric LowCardinality(String) COMMENT 'actual or amortized',
    load_id UUID COMMENT 'The load that is silent',
    billing_account_id LowCardinality(String) COMMENT 'Billing account of the silent rows',
    subscription_id LowCardinality(String) COMMENT 'Subscription of the silent rows',
    date Date COMMENT 'Day of the silent rows'
)
ENGINE = ReplacingMergeTree
ORDER BY (publication_id, silent_publication_id, metric, load_id, billing_account_id, subscription_id, date)
COMMENT 'Who answers where two publications cover the same billing account, subscription, day and metric'
