-- Customers (CSP) in the current runs, now.
-- What is visible is asked for once in a query, in the same words as in the other views: all of them show the same.
CREATE OR REPLACE VIEW customers AS
SELECT *
FROM customers_as_of(moment = (SELECT argMax((moment, load_ids, silent_actual, silent_amortized), seen) FROM visible_loads).1)
COMMENT 'Customers (CSP) in the current runs'
