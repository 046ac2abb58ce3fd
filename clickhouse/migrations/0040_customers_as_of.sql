-- Customers (CSP) in the current runs, as of a moment that the caller gives: customers_as_of(moment = '2026-05-01 00:00:00').
CREATE VIEW customers_as_of AS
SELECT
    customer_tenant_id,
    argMax(s.customer_name, s.last_date) AS customer_name,
    argMax(s.partner_name, s.last_date) AS partner_name,
    min(s.first_date) AS first_date,
    max(s.last_date) AS last_date
FROM customer_slices AS s
WHERE load_id IN (SELECT load_id FROM current_loads_as_of(moment = {moment:DateTime64(6, 'UTC')}))
GROUP BY customer_tenant_id
COMMENT 'Customers (CSP) in the current runs, as of a moment'
