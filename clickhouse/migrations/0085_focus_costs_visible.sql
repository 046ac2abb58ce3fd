-- Every cost entry that counts, under the column names of FOCUS 1.2, now.
-- What is visible is asked for once in a query, in the same words as in the other views: all of them show the same.
CREATE OR REPLACE VIEW focus_costs AS
SELECT *
FROM focus_costs_as_of(moment = (SELECT argMax((moment, load_ids, silent_actual, silent_amortized), seen) FROM visible_loads).1)
COMMENT 'Every cost entry that counts, under the column names of FOCUS 1.2; null where the export does not say'
