-- Which billing accounts, subscriptions and days a load has rows for: out of its rollup, which is smaller.
INSERT INTO load_coverage (billing_month, load_id, billing_account_id, subscription_id, date, entries)
SELECT
    billing_month,
    load_id,
    billing_account_id,
    subscription_id,
    date,
    sum(d.entries) AS entries
FROM daily_costs AS d
WHERE load_id = {load_id:UUID} AND billing_month = toDate({billing_month:String})
GROUP BY billing_month, load_id, billing_account_id, subscription_id, date
