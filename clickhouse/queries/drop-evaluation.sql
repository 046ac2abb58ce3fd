-- Drops what a table holds of an evaluation, or of a work; nothing is no error.
ALTER TABLE {table:Identifier} DROP PARTITION {id:String}
