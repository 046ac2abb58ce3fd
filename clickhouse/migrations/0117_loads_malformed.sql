-- How many lines of a load have JSON that cannot be read.
ALTER TABLE loads
    ADD COLUMN IF NOT EXISTS rows_malformed UInt64 COMMENT 'Rows in cost_entries whose tags or additional info cannot be read as JSON' AFTER rows_rejected
