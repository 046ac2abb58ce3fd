-- The customers that a load shows, with the names of one of its rows.
INSERT INTO customer_slices (billing_month, load_id, customer_tenant_id, customer_name, partner_name, first_date, last_date)
SELECT
    billing_month,
    load_id,
    customer_tenant_id,
    any(e.customer_name) AS customer_name,
    any(e.partner_name) AS partner_name,
    min(e.date) AS first_date,
    max(e.date) AS last_date
FROM cost_entries AS e
WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String}) AND customer_tenant_id != ''
GROUP BY billing_month, load_id, customer_tenant_id
