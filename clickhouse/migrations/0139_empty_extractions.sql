-- What an API said that it has nothing of, so that it is not asked for the same at every import.
CREATE TABLE empty_extractions
(
    source LowCardinality(String) COMMENT 'Source that asked',
    export String COMMENT 'What was asked, as it is called where something comes of it',
    dataset LowCardinality(String) COMMENT 'actual, amortized or usage',
    billing_month Date COMMENT 'First day of the billing month',
    asked_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it said so'
)
ENGINE = ReplacingMergeTree(asked_at)
ORDER BY (source, export, dataset, billing_month)
COMMENT 'Months of which an API said that there is nothing; the newest row of a month counts'
