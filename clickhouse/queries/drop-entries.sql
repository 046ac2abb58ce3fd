-- Drops the entries of a large load, which have a partition of their own; none is no error.
ALTER TABLE cost_entries DROP PARTITION ({billing_month:String}, {load_id:String})
