-- Keeps resource_slices true to the facts, in the insert that brings them.
CREATE MATERIALIZED VIEW resource_slices_from_entries TO resource_slices AS
SELECT
    billing_month,
    load_id,
    resource_id,
    anyLast(e.resource_name) AS resource_name,
    anyLast(e.resource_group) AS resource_group,
    anyLast(e.resource_type) AS resource_type,
    anyLast(e.resource_location) AS resource_location,
    anyLast(e.subscription_id) AS subscription_id,
    anyLast(e.tags) AS tags,
    min(e.date) AS first_date,
    max(e.date) AS last_date
FROM cost_entries AS e
WHERE resource_id != ''
GROUP BY billing_month, load_id, resource_id
