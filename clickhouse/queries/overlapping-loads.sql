-- Which loads of a billing month have rows for a subscription and day that some given loads have rows for; only with
-- these can there be anything to settle.
SELECT DISTINCT load_id
FROM load_coverage
WHERE billing_month = toDate({billing_month:String})
    AND load_id NOT IN {load_ids:Array(UUID)}
    AND (subscription_id, date) IN
    (
        SELECT subscription_id, date
        FROM load_coverage
        WHERE billing_month = toDate({billing_month:String}) AND load_id IN {load_ids:Array(UUID)}
    )
