-- Every attempt to import a source and what came of it: the source's status, last attempt and last import.
CREATE TABLE source_attempts
(
    source String COMMENT 'Name of the source',
    attempt_id UUID COMMENT 'The attempt; its newest row counts',
    state LowCardinality(String) COMMENT 'running, done, failed or canceled',
    started_at DateTime64(6, 'UTC') COMMENT 'When the attempt began',
    finished_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When it ended',
    runs_found UInt32 COMMENT 'Runs that the listing shows',
    runs_imported UInt32 COMMENT 'Runs that this attempt published',
    runs_failed UInt32 COMMENT 'Runs that could not be imported',
    error String COMMENT 'Every error of the attempt, in full',
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When this row was written'
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (source, started_at, attempt_id)
COMMENT 'Every attempt to import a source; the newest row of an attempt counts'
