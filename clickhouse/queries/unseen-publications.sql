-- How many rows of publications are not visible yet.
SELECT (SELECT count() FROM publications WHERE state != 'announced') - (SELECT max(seen) FROM visible_loads) AS unseen
