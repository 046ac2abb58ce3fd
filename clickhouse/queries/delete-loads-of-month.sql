-- Deletes the rows of some loads of one billing month from a table that has a partition for each month.
ALTER TABLE {table:Identifier} DELETE IN PARTITION {billing_month:String} WHERE load_id IN {load_ids:Array(UUID)}
SETTINGS mutations_sync = 1
