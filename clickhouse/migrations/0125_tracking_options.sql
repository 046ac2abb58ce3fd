-- What concerns all rules. Rows are only added: the newest one of a name counts.
CREATE TABLE tracking_options
(
    name LowCardinality(String) COMMENT 'fallback: what a resource without a rule is given',
    value String COMMENT 'none, or last_segment: the last segment of its id in upper case as its target resource_tracking',
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When this row was written',
    updated_by String DEFAULT currentUser() COMMENT 'Who wrote it'
)
ENGINE = MergeTree
ORDER BY (name, updated_at)
COMMENT 'Options of resource tracking; the newest row of a name counts'
