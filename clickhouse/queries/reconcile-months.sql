-- What the publications that answer for each source and month hold in total, by currency: costs of cost exports beside the
-- billed and effective ones of FOCUS exports, and their difference; null where there is none of them. Only publications
-- that cover a day from `first_day` to `last_day` (both included). Days that stay silent because another export of
-- the same source and kind answers are left out, those of other sources and of the other kind are not.
WITH
    answering AS
    (
        SELECT publication_id, source, dataset = 'focus' AS is_focus, billing_month, load_ids
        FROM current_publications
        WHERE (empty({sources:Array(String)}) OR source IN {sources:Array(String)})
            AND publication_id IN
            (
                SELECT publication_id
                FROM publications
                WHERE first_day <= toDate({last_day:String}) AND last_day >= toDate({first_day:String})
            )
    ),
    silent AS
    (
        SELECT DISTINCT s.metric AS metric, s.load_id AS load_id, s.billing_account_id AS billing_account_id, s.subscription_id AS subscription_id, s.date AS date
        FROM current_shadows AS s
        INNER JOIN answering AS a ON a.publication_id = s.publication_id
        INNER JOIN answering AS b ON b.publication_id = s.silent_publication_id
        WHERE a.source = b.source AND a.is_focus = b.is_focus
    ),
    named AS (SELECT source, is_focus, billing_month, arrayJoin(load_ids) AS load_id FROM answering),
    costs AS
    (
        SELECT
            load_id,
            dataset,
            billing_currency,
            (load_id, billing_account_id, subscription_id, date) IN (SELECT load_id, billing_account_id, subscription_id, date FROM silent WHERE metric = 'actual') AS actual_is_silent,
            (load_id, billing_account_id, subscription_id, date) IN (SELECT load_id, billing_account_id, subscription_id, date FROM silent WHERE metric = 'amortized') AS amortized_is_silent,
            cost_in_billing_currency AS actual,
            amortized_cost_in_billing_currency AS amortized
        FROM daily_costs
        WHERE load_id IN (SELECT load_id FROM named)
    )
SELECT
    n.source AS source,
    formatDateTime(n.billing_month, '%Y-%m') AS month,
    c.billing_currency AS currency,
    sumOrNullIf(c.actual, c.dataset IN ('actual', 'usage') AND NOT c.actual_is_silent) AS actual_total,
    sumOrNullIf(c.amortized, c.dataset = 'amortized' AND NOT c.amortized_is_silent) AS amortized_total,
    sumOrNullIf(c.actual, n.is_focus AND NOT c.actual_is_silent) AS billed_total,
    sumOrNullIf(c.amortized, n.is_focus AND NOT c.amortized_is_silent) AS effective_total,
    toString(actual_total) AS actual,
    toString(amortized_total) AS amortized,
    toString(billed_total) AS focus_billed,
    toString(effective_total) AS focus_effective,
    toString(actual_total - billed_total) AS actual_difference,
    toString(amortized_total - effective_total) AS amortized_difference
FROM costs AS c
INNER JOIN named AS n ON n.load_id = c.load_id
GROUP BY n.source, n.billing_month, c.billing_currency
ORDER BY source, month, currency
