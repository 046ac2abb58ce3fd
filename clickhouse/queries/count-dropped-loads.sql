-- How many of some loads are dropped, or about to be.
SELECT count() AS dropped
FROM loads AS l FINAL
WHERE l.load_id IN {load_ids:Array(UUID)} AND l.state IN ('dropping', 'dropped')
