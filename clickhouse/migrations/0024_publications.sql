-- What is visible: the newest row of each run counts, and of the published runs of a series the one submitted last.
CREATE TABLE publications
(
    publication_id UUID COMMENT 'The publication',
    source LowCardinality(String) COMMENT 'Source that delivered the run',
    export String COMMENT 'Identity of the export',
    export_name String COMMENT 'Name of the export',
    dataset LowCardinality(String) COMMENT 'actual, amortized, usage or focus',
    billing_month Date COMMENT 'First day of the billing month',
    run_id String COMMENT 'Run that is published; with its surviving elders it is complete for its month',
    submitted_at DateTime64(7, 'UTC') COMMENT 'When Azure was asked for the run',
    first_day Date COMMENT 'First day that the run itself covers',
    last_day Date COMMENT 'Last day that the run itself covers (included)',
    own_load_ids Array(UUID) COMMENT 'Loads of the run itself',
    load_ids Array(UUID) COMMENT 'All loads that together are the truth of the month',
    priority Int32 COMMENT 'Priority of the source when this was published',
    state LowCardinality(String) COMMENT 'announced (not visible), published or withdrawn',
    published_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When the row was written; as-of reads compare with it'
)
ENGINE = MergeTree
ORDER BY (source, export, dataset, billing_month, published_at)
COMMENT 'What is visible, when it became so, and what was taken back'
