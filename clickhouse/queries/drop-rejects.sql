-- Drops the rejected rows of a load; none is no error.
ALTER TABLE rejected_rows DROP PARTITION {load_id:String}
