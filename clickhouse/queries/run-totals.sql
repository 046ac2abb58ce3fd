-- The totals of some loads by currency, from the entries and from each rollup: all must agree.
SELECT
    t.billing_currency AS billing_currency,
    toString(sumIf(t.actual, t.part = 'entries')) AS actual,
    toString(sumIf(t.amortized, t.part = 'entries')) AS amortized,
    sumIf(t.actual, t.part = 'entries') = sumIf(t.actual, t.part = 'daily')
        AND sumIf(t.amortized, t.part = 'entries') = sumIf(t.amortized, t.part = 'daily')
        AND sumIf(t.actual, t.part = 'entries') = sumIf(t.actual, t.part = 'monthly')
        AND sumIf(t.amortized, t.part = 'entries') = sumIf(t.amortized, t.part = 'monthly')
        AND sumIf(t.actual, t.part = 'entries') = sumIf(t.actual, t.part = 'summary')
        AND sumIf(t.amortized, t.part = 'entries') = sumIf(t.amortized, t.part = 'summary') AS rollups_agree
FROM
(
    SELECT 'entries' AS part, billing_currency, sum(cost_in_billing_currency) AS actual, sum(amortized_cost_in_billing_currency) AS amortized
    FROM cost_entries
    WHERE load_id IN {load_ids:Array(UUID)} AND billing_month = toDate({billing_month:String})
    GROUP BY billing_currency
    UNION ALL
    SELECT 'daily' AS part, billing_currency, sum(cost_in_billing_currency) AS actual, sum(amortized_cost_in_billing_currency) AS amortized
    FROM daily_costs
    WHERE load_id IN {load_ids:Array(UUID)} AND billing_month = toDate({billing_month:String})
    GROUP BY billing_currency
    UNION ALL
    SELECT 'monthly' AS part, billing_currency, sum(cost_in_billing_currency) AS actual, sum(amortized_cost_in_billing_currency) AS amortized
    FROM monthly_costs
    WHERE load_id IN {load_ids:Array(UUID)} AND billing_month = toDate({billing_month:String})
    GROUP BY billing_currency
    UNION ALL
    SELECT 'summary' AS part, billing_currency, sum(cost_in_billing_currency) AS actual, sum(amortized_cost_in_billing_currency) AS amortized
    FROM summary_costs
    WHERE load_id IN {load_ids:Array(UUID)} AND billing_month = toDate({billing_month:String})
    GROUP BY billing_currency
) AS t
GROUP BY t.billing_currency
ORDER BY billing_currency
