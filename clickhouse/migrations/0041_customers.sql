-- Customers (CSP) in the current runs, now.
-- The moment comes first in a query, so whatever it lets a reader see was written before the reader looks for it.
CREATE VIEW customers AS
SELECT *
FROM customers_as_of(moment = (SELECT max(published_at) FROM publications))
COMMENT 'Customers (CSP) in the current runs'
