-- Says of publications that their rows are given up, once for each: by a second row of the same moment.
INSERT INTO publications
SELECT * REPLACE ('pruned' AS state, now64(6, 'UTC') AS pruned_at)
FROM publications AS p
WHERE p.state = 'published'
    AND p.publication_id IN {publication_ids:Array(UUID)}
    AND p.publication_id NOT IN (SELECT publication_id FROM publications WHERE pruned_at IS NOT NULL)
