-- Deletes the entries of some small loads of one billing month, which share a partition.
ALTER TABLE cost_entries
    DELETE IN PARTITION ({billing_month:String}, '00000000-0000-0000-0000-000000000000')
    WHERE load_id IN {load_ids:Array(UUID)}
SETTINGS mutations_sync = 1
