-- Keeps load_coverage true to the facts, in the insert that brings them.
CREATE MATERIALIZED VIEW load_coverage_from_entries TO load_coverage AS
SELECT
    billing_month,
    load_id,
    billing_account_id,
    subscription_id,
    date,
    count() AS entries
FROM cost_entries AS e
GROUP BY billing_month, load_id, billing_account_id, subscription_id, date
