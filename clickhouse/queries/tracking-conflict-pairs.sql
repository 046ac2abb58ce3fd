-- Pairs of rules of which one beats the other in the evaluation that holds now, by what the resources cost that both match: of
-- each metric and currency at most `limit`, dearest first. Counted is the newest month that showed each resource, unless
-- `month` is given; only pairs with `rule_id` where that is not empty.
WITH
    (SELECT argMax(evaluation_id, started_at) FROM tracking_evaluations WHERE kind = 'whole' AND state = 'finished') AS current,
    (SELECT any(number) FROM tracking_evaluation_rules WHERE evaluation_id = current AND rule_id = {rule_id:String}) AS wanted
SELECT
    w.rule_id AS winner,
    w.name AS winner_name,
    l.rule_id AS loser,
    l.name AS loser_name,
    p.metric AS metric,
    p.currency AS currency,
    toString(p.amount) AS cost,
    p.resources AS resources
FROM
(
    SELECT
        winner,
        loser,
        figure.1 AS metric,
        currency,
        sum(ifNull(figure.2, 0)) AS amount,
        uniqExact(resource_id) AS resources
    FROM
    (
        SELECT
            k.id AS resource_id,
            k.from AS from,
            c.billing_currency AS currency,
            any(k.rules[1]) AS winner,
            any(arrayFilter(number -> {rule_id:String} = '' OR wanted IN (k.rules[1], number), arraySlice(k.rules, 2))) AS losers,
            [('actual', sum(c.cost_in_billing_currency)), ('amortized', sum(c.amortized_cost_in_billing_currency))] AS figures
        FROM costs_by_resource AS c
        INNER JOIN
        (
            SELECT a.id AS id, a.from AS from, a.to AS to, a.rules AS rules, n.month AS shown_month
            FROM
            (
                SELECT resource_id AS id, from, to, arrayMap(rival -> rival.1, several) AS rules
                FROM tracking_assignments FINAL
                ARRAY JOIN valid_from AS from, valid_to AS to, rivals AS several
                WHERE evaluation_id = current AND NOT removed AND length(several) > 1 AND ({rule_id:String} = '' OR has(rules, wanted))
            ) AS a
            LEFT JOIN
            (
                SELECT resource_id::String AS id, argMax(billing_month, last_date) AS month
                FROM resource_slices AS s
                WHERE load_id IN (SELECT arrayJoin(argMax(load_ids, seen)) FROM visible_loads) AND {month:String} = ''
                GROUP BY id
            ) AS n ON n.id = a.id
        ) AS k ON k.id = c.resource_id AND k.from <= c.date AND k.to > c.date
        WHERE c.billing_month = if({month:String} = '', k.shown_month, toDateOrZero({month:String}))
        GROUP BY resource_id, from, currency
    )
    ARRAY JOIN figures AS figure
    ARRAY JOIN losers AS loser
    WHERE figure.2 IS NOT NULL
    GROUP BY winner, loser, metric, currency
) AS p
INNER JOIN (SELECT number, rule_id, name FROM tracking_evaluation_rules WHERE evaluation_id = current) AS w ON w.number = p.winner
INNER JOIN (SELECT number, rule_id, name FROM tracking_evaluation_rules WHERE evaluation_id = current) AS l ON l.number = p.loser
ORDER BY metric, currency, p.amount DESC, resources DESC, p.winner, p.loser
LIMIT {limit:UInt32} BY metric, currency
