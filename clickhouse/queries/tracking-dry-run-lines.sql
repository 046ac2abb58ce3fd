-- What a trial would change in the costs of a month, against the evaluation that holds now: in total (what has a rule, also where
-- nothing differs), by rule, and by target and its value (only what differs). Of each metric and currency at most `limit` of
-- either, the largest difference first. Resources are those with charges in the month.
WITH
    (SELECT argMax((evaluation_id, fallback), started_at) FROM tracking_evaluations WHERE kind = 'whole' AND state = 'finished') AS current,
    ifNull(figure.2, 0) AS amount
SELECT
    key.1 AS kind,
    key.2 AS target,
    key.3 AS value,
    figure.1 AS metric,
    currency,
    toString(sum(amount)) AS cost,
    toString(sumIf(amount, has(keys_before, key))) AS before,
    toString(sumIf(amount, has(keys_after, key))) AS after,
    toString(sumIf(amount, has(keys_after, key)) - sumIf(amount, has(keys_before, key))) AS difference,
    uniqExactIf(resource_id, has(keys_before, key)) AS resources_before,
    uniqExactIf(resource_id, has(keys_after, key)) AS resources_after
FROM
(
    SELECT
        s.resource_id AS resource_id,
        s.currency AS currency,
        [('actual', s.actual), ('amortized', s.amortized)] AS figures,
        splitByChar('/', s.resource_id)[-1] AS last_segment,
        if(s.before = 0 AND current.2 = 'last_segment' AND s.resource_id != '', map('resource_tracking', upperUTF8(last_segment)), b.targets) AS targets_before,
        if(s.after = 0 AND {fallback:String} = 'last_segment' AND s.resource_id != '', map('resource_tracking', upperUTF8(last_segment)), a.targets) AS targets_after,
        arrayConcat(if(s.before = 0, [], [('total', '', ''), ('rule', '', b.rule_id)]), arrayMap((name, value) -> ('target', name, value), mapKeys(targets_before), mapValues(targets_before))) AS keys_before,
        arrayConcat(if(s.after = 0, [], [('total', '', ''), ('rule', '', a.rule_id)]), arrayMap((name, value) -> ('target', name, value), mapKeys(targets_after), mapValues(targets_after))) AS keys_after
    FROM
    (
        SELECT
            c.resource_id::String AS resource_id,
            c.billing_currency AS currency,
            b.number AS before,
            a.number AS after,
            sum(c.cost_in_billing_currency) AS actual,
            sum(c.amortized_cost_in_billing_currency) AS amortized
        FROM costs_by_resource AS c
        LEFT JOIN
        (
            SELECT resource_id AS id, from, to, number
            FROM tracking_assignments FINAL
            ARRAY JOIN valid_from AS from, valid_to AS to, rule AS number
            WHERE evaluation_id = current.1 AND NOT removed AND number != 0
        ) AS b ON b.id = c.resource_id AND b.from <= c.date AND b.to > c.date
        LEFT JOIN
        (
            SELECT resource_id AS id, from, to, number
            FROM tracking_assignments FINAL
            ARRAY JOIN valid_from AS from, valid_to AS to, rule AS number
            WHERE evaluation_id = {evaluation_id:UUID} AND number != 0
        ) AS a ON a.id = c.resource_id AND a.from <= c.date AND a.to > c.date
        WHERE c.billing_month = toDate({month:String})
        GROUP BY resource_id, currency, before, after
    ) AS s
    LEFT JOIN (SELECT number, rule_id, targets FROM tracking_evaluation_rules WHERE evaluation_id = current.1) AS b ON b.number = s.before
    LEFT JOIN (SELECT number, rule_id, targets FROM tracking_evaluation_rules WHERE evaluation_id = {evaluation_id:UUID}) AS a ON a.number = s.after
)
ARRAY JOIN figures AS figure
ARRAY JOIN arrayDistinct(arrayConcat([('total', '', '')], keys_before, keys_after)) AS key
WHERE figure.2 IS NOT NULL
GROUP BY key, metric, currency
HAVING kind = 'total' OR countIf(has(keys_before, key) != has(keys_after, key)) > 0
ORDER BY metric, currency, abs(sumIf(amount, has(keys_after, key)) - sumIf(amount, has(keys_before, key))) DESC, target, value
LIMIT {limit:UInt32} BY kind, metric, currency
