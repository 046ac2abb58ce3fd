-- Deletes the rows of some loads from a table that has no partitions.
ALTER TABLE {table:Identifier} DELETE WHERE load_id IN {load_ids:Array(UUID)}
SETTINGS mutations_sync = 1
