-- Every run that an import has worked on: what its manifest announces and what came of it.
CREATE TABLE runs
(
    source LowCardinality(String) COMMENT 'Source that delivered the run',
    export String COMMENT 'Identity of the export: its resource id, or its folder',
    export_name String COMMENT 'Name of the export',
    dataset LowCardinality(String) COMMENT 'actual, amortized, usage or focus',
    billing_month Date COMMENT 'First day of the billing month',
    run_id String COMMENT 'Run, as its manifest names it',
    submitted_at DateTime64(7, 'UTC') COMMENT 'When Azure was asked for the run; later runs replace earlier ones',
    first_day Date COMMENT 'First day that the run is a full snapshot of',
    last_day Date COMMENT 'Last day that the run is a full snapshot of (included)',
    manifest_path String COMMENT 'Manifest; empty for files without one',
    data_version LowCardinality(String) COMMENT 'Version of the columns, as the manifest says',
    part_count UInt32 COMMENT 'Files of the run',
    byte_count UInt64 COMMENT 'Stored bytes of all files',
    declared_row_count Nullable(UInt64) COMMENT 'Rows that the manifest announces; null where it says nothing',
    load_ids Array(UUID) COMMENT 'Loads of the newest attempt, one for each part',
    state LowCardinality(String) COMMENT 'importing, imported or failed',
    error String COMMENT 'Why the newest attempt failed, in full',
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When this row was written'
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (source, export, dataset, billing_month, run_id)
COMMENT 'Every run that an import has worked on; the newest row of a run counts'
