-- Where billing data comes from, as configured; the newest row of a name counts. Secrets are named, never kept.
CREATE TABLE sources
(
    name String COMMENT 'Name of the source',
    kind LowCardinality(String) COMMENT 'blob or folder',
    place String COMMENT 'URL of the container and base folder, or path of the directory',
    credential String COMMENT 'default, or env:NAME for the environment variable that holds the secret',
    enabled Bool COMMENT 'Whether imports of all sources include it',
    priority Int32 COMMENT 'Who answers where two sources cover the same subscription and day: the smaller one',
    reject_limit UInt64 COMMENT 'How many rows of a run may be refused before the run is not published',
    removed Bool COMMENT 'Whether the source was removed; what it published stays',
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When this version was written'
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY name
COMMENT 'Where billing data comes from; the newest row of a name counts'
