-- Resources in the current runs, with their newest names and tags, now.
-- What is visible is asked for once in a query, in the same words as in the other views: all of them show the same.
CREATE OR REPLACE VIEW resources AS
SELECT *
FROM resources_as_of(moment = (SELECT argMax((moment, load_ids, silent_actual, silent_amortized), seen) FROM visible_loads).1)
COMMENT 'Resources in the current runs, with their newest names and tags'
