-- Keeps customer_slices true to the facts, in the insert that brings them.
CREATE MATERIALIZED VIEW customer_slices_from_entries TO customer_slices AS
SELECT
    billing_month,
    load_id,
    customer_tenant_id,
    anyLast(e.customer_name) AS customer_name,
    anyLast(e.partner_name) AS partner_name,
    min(e.date) AS first_date,
    max(e.date) AS last_date
FROM cost_entries AS e
WHERE customer_tenant_id != ''
GROUP BY billing_month, load_id, customer_tenant_id
