-- Keeps subscription_slices true to the facts, in the insert that brings them.
CREATE MATERIALIZED VIEW subscription_slices_from_entries TO subscription_slices AS
SELECT
    billing_month,
    load_id,
    billing_account_id,
    subscription_id,
    anyLast(e.subscription_name) AS subscription_name,
    anyLast(e.billing_account_name) AS billing_account_name,
    min(e.date) AS first_date,
    max(e.date) AS last_date
FROM cost_entries AS e
WHERE subscription_id != ''
GROUP BY billing_month, load_id, billing_account_id, subscription_id
