-- What two sets of loads say differently, by subscription, meter or day, or in total (then also where nothing differs):
-- the largest change of each metric and currency first, at most so many of each.
SELECT
    metric,
    billing_currency,
    line,
    name,
    toString(cost_before) AS before,
    toString(cost_after) AS after,
    toString(cost_after - cost_before) AS difference,
    rows_before,
    rows_after,
    count() OVER (PARTITION BY metric, billing_currency) AS changed_lines
FROM
(
    SELECT
        metric,
        billing_currency,
        line,
        any(name) AS name,
        sumIf(cost, NOT is_after) AS cost_before,
        sumIf(cost, is_after) AS cost_after,
        countIf(NOT is_after) AS rows_before,
        countIf(is_after) AS rows_after
    FROM
    (
        SELECT
            arrayJoin({metrics:Array(String)}) AS metric,
            billing_currency,
            multiIf(
                {by:String} = 'subscription', subscription_id::String,
                {by:String} = 'meter', if(meter_id = '', meter_name, meter_id)::String,
                {by:String} = 'day', toString(date),
                '') AS line,
            multiIf(
                {by:String} = 'subscription', subscription_name::String,
                {by:String} = 'meter', if(meter_id = '', '', meter_name)::String,
                '') AS name,
            load_id IN {after:Array(UUID)} AS is_after,
            if(metric = 'actual', cost_in_billing_currency, amortized_cost_in_billing_currency) AS cost
        FROM cost_entries
        WHERE load_id IN {before:Array(UUID)} OR load_id IN {after:Array(UUID)}
    )
    GROUP BY metric, billing_currency, line
)
WHERE {by:String} = 'total' OR cost_before != cost_after OR rows_before != rows_after
ORDER BY metric, billing_currency, abs(cost_after - cost_before) DESC, line
LIMIT {limit:UInt32} BY metric, billing_currency
