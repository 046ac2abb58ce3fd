-- The subscriptions that a load shows, with the names of one of its rows.
INSERT INTO subscription_slices (billing_month, load_id, billing_account_id, subscription_id, subscription_name, billing_account_name, first_date, last_date)
SELECT
    billing_month,
    load_id,
    billing_account_id,
    subscription_id,
    any(e.subscription_name) AS subscription_name,
    any(e.billing_account_name) AS billing_account_name,
    min(e.date) AS first_date,
    max(e.date) AS last_date
FROM cost_entries AS e
WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String}) AND subscription_id != ''
GROUP BY billing_month, load_id, billing_account_id, subscription_id
