-- Where the rows of a load are put, and tags whose keys and values are stored once.
ALTER TABLE cost_landing
    ADD COLUMN IF NOT EXISTS own_partition UUID COMMENT 'load_id for a large load, which has a partition of its own; zeros for a small one, which shares that of its month' AFTER billing_month,
    MODIFY COLUMN tags Map(LowCardinality(String), LowCardinality(String)) COMMENT 'Tags of the resource'
