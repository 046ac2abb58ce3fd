-- What callers noted of a snapshot; the newest row of a snapshot counts.
CREATE TABLE snapshot_notes
(
    snapshot_id String COMMENT 'The snapshot, as the HTTP service names it',
    note String COMMENT 'The note; empty where it was taken back',
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When this row was written'
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY snapshot_id
COMMENT 'Notes of snapshots; the newest row of a snapshot counts'
