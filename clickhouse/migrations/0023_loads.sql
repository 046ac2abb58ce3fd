-- Every attempt to bring one part in; it owns the rows that carry its id.
CREATE TABLE loads
(
    load_id UUID COMMENT 'The load',
    source LowCardinality(String) COMMENT 'Source of the part',
    export String COMMENT 'Export of the part',
    dataset LowCardinality(String) COMMENT 'actual, amortized, usage or focus',
    billing_month Date COMMENT 'First day of the billing month',
    run_id String COMMENT 'Run of the part',
    part String COMMENT 'Path of the part; for a copy of surviving days, what was copied',
    state LowCardinality(String) COMMENT 'started, loaded or failed',
    copied_from Array(UUID) COMMENT 'Loads whose surviving days this one holds; empty for a load of a part',
    copied_days Array(Date) COMMENT 'The surviving days that it holds; empty for a load of a part',
    byte_count UInt64 COMMENT 'Stored bytes of the part',
    declared_row_count Nullable(UInt64) COMMENT 'Rows that the manifest announces for the part',
    rows_loaded UInt64 COMMENT 'Rows in cost_entries',
    rows_rejected UInt64 COMMENT 'Rows in rejected_rows',
    error String COMMENT 'Why the load failed, in full',
    started_at DateTime64(6, 'UTC') COMMENT 'When the load began',
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When this row was written'
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY load_id
COMMENT 'Every attempt to bring one part in; the newest row of a load counts'
