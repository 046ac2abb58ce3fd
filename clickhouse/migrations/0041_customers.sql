-- Customers (CSP) in the current runs, now.
CREATE VIEW customers AS
SELECT *
FROM customers_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'Customers (CSP) in the current runs'
