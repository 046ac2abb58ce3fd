-- The totals of the own loads of some publications, by currency, from the entries and from each rollup: all must agree.
WITH pieces AS
(
    SELECT DISTINCT publication_id, arrayJoin(own_load_ids) AS load_id
    FROM publications
    WHERE state = 'published' AND publication_id IN {publication_ids:Array(UUID)}
)
SELECT
    p.publication_id AS publication_id,
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
    SELECT 'entries' AS part, load_id, billing_currency, sum(cost_in_billing_currency) AS actual, sum(amortized_cost_in_billing_currency) AS amortized
    FROM cost_entries
    WHERE load_id IN (SELECT load_id FROM pieces)
    GROUP BY load_id, billing_currency
    UNION ALL
    SELECT 'daily' AS part, load_id, billing_currency, sum(cost_in_billing_currency) AS actual, sum(amortized_cost_in_billing_currency) AS amortized
    FROM daily_costs
    WHERE load_id IN (SELECT load_id FROM pieces)
    GROUP BY load_id, billing_currency
    UNION ALL
    SELECT 'monthly' AS part, load_id, billing_currency, sum(cost_in_billing_currency) AS actual, sum(amortized_cost_in_billing_currency) AS amortized
    FROM monthly_costs
    WHERE load_id IN (SELECT load_id FROM pieces)
    GROUP BY load_id, billing_currency
    UNION ALL
    SELECT 'summary' AS part, load_id, billing_currency, sum(cost_in_billing_currency) AS actual, sum(amortized_cost_in_billing_currency) AS amortized
    FROM summary_costs
    WHERE load_id IN (SELECT load_id FROM pieces)
    GROUP BY load_id, billing_currency
) AS t
INNER JOIN pieces AS p ON p.load_id = t.load_id
GROUP BY p.publication_id, t.billing_currency
ORDER BY publication_id, billing_currency
