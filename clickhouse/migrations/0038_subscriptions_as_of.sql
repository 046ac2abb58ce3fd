-- Subscriptions in the current runs, as of a moment that the caller gives: subscriptions_as_of(moment = '2026-05-01 00:00:00').
CREATE VIEW subscriptions_as_of AS
SELECT
    billing_account_id,
    subscription_id,
    argMax(s.subscription_name, s.last_date) AS subscription_name,
    argMax(s.billing_account_name, s.last_date) AS billing_account_name,
    min(s.first_date) AS first_date,
    max(s.last_date) AS last_date
FROM subscription_slices AS s
WHERE load_id IN (SELECT load_id FROM current_loads_as_of(moment = {moment:DateTime64(6, 'UTC')}))
GROUP BY billing_account_id, subscription_id
COMMENT 'Subscriptions in the current runs, as of a moment'
