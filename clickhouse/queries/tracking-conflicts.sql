-- Resources that several rules match in the evaluation that holds now, at most `limit`, behind the one that `after_…` names
-- (none for an empty `after_resource`); with their cost in a month, each metric and currency in a row of its own. The month is
-- the newest that showed the resource, unless `month` is given: then only resources that have charges in it.
WITH
    (SELECT argMax(evaluation_id, started_at) FROM tracking_evaluations WHERE kind = 'whole' AND state = 'finished') AS current,
    (SELECT any(number) FROM tracking_evaluation_rules WHERE evaluation_id = current AND rule_id = {rule_id:String}) AS wanted,
    places AS
    (
        SELECT a.resource_id AS resource_id, a.from AS from
        FROM
        (
            SELECT resource_id, from, to, several
            FROM tracking_assignments FINAL
            ARRAY JOIN valid_from AS from, valid_to AS to, rivals AS several
            WHERE evaluation_id = current AND NOT removed AND length(several) > 1
        ) AS a
        WHERE ({resource_id:String} = '' OR a.resource_id = {resource_id:String})
            AND ({rule_id:String} = '' OR has(a.several.1, wanted))
            AND ({after_resource:String} = '' OR (a.resource_id, a.from) > ({after_resource:String}, toDateOrZero({after_from:String})))
            AND
            (
                {month:String} = ''
                OR (a.resource_id, a.from) IN
                (
                    SELECT p.id, p.from
                    FROM costs_by_resource AS c
                    INNER JOIN
                    (
                        SELECT resource_id AS id, from, to
                        FROM tracking_assignments FINAL
                        ARRAY JOIN valid_from AS from, valid_to AS to, candidates AS count
                        WHERE evaluation_id = current AND NOT removed AND count > 1
                    ) AS p ON p.id = c.resource_id AND p.from <= c.date AND p.to > c.date
                    WHERE c.billing_month = toDateOrZero({month:String})
                )
            )
        ORDER BY a.resource_id, a.from
        LIMIT {limit:UInt32}
    ),
    page AS
    (
        SELECT *, if({month:String} = '', shown_month, toDateOrZero({month:String})) AS billing_month
        FROM tracking_conflicts
        WHERE is_current AND resource_id IN (SELECT resource_id FROM places) AND (resource_id, valid_from) IN (SELECT resource_id, from FROM places)
    )
SELECT
    p.resource_id AS resource_id,
    any(p.subscription_id) AS subscription_id,
    if(p.valid_from = toDate('1970-01-01'), NULL, p.valid_from) AS first_day,
    if(any(p.valid_to) = toDate('2149-06-06'), NULL, any(p.valid_to)) AS end_day,
    any(p.candidate_count) AS candidate_count,
    any(p.candidates) AS candidates,
    any(p.winner) AS winner,
    any(p.reason) AS reason,
    formatDateTime(any(p.billing_month), '%Y-%m') AS month,
    any(p.shown_by_source) AS source,
    any(p.shown_by_run) AS run_id,
    any(p.shown_by) AS load_id,
    any(p.evaluated_at) AS evaluated_at,
    c.metric AS metric,
    c.billing_currency AS currency,
    toString(sum(c.amount)) AS cost
FROM page AS p
LEFT JOIN
(
    SELECT
        resource_id,
        billing_month,
        date,
        billing_currency,
        arrayJoin([('actual', cost_in_billing_currency), ('amortized', amortized_cost_in_billing_currency)]) AS figure,
        figure.1 AS metric,
        figure.2 AS amount
    FROM costs_by_resource
    WHERE resource_id IN (SELECT resource_id FROM places) AND amount IS NOT NULL
) AS c ON c.resource_id = p.resource_id AND c.billing_month = p.billing_month AND p.valid_from <= c.date AND p.valid_to > c.date
GROUP BY resource_id, p.valid_from, metric, currency
ORDER BY resource_id, p.valid_from, metric, currency
