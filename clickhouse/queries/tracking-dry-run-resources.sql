-- Resources that have another rule in a trial than in the evaluation that holds now, or other targets, be it only for some
-- days: how many there are, and of at most `limit` what they have on `day` and would have, with their costs in a month. The
-- dearest one comes first, whatever its currency.
WITH
    (SELECT argMax((evaluation_id, fallback), started_at) FROM tracking_evaluations WHERE kind = 'whole' AND state = 'finished') AS current,
    [(toDate('1970-01-01'), toUInt64(0))] AS nothing
SELECT
    p.changed AS changed,
    p.resource_id AS resource_id,
    map('resource_tracking', upperUTF8(splitByChar('/', p.resource_id)[-1])) AS fallback_targets,
    b.rule_id AS rule_before,
    if(p.before = 0 AND current.2 = 'last_segment', fallback_targets, b.targets) AS targets_before,
    a.rule_id AS rule_after,
    if(p.after = 0 AND {fallback:String} = 'last_segment', fallback_targets, a.targets) AS targets_after,
    p.costs AS costs
FROM
(
    SELECT count() OVER () AS changed, d.resource_id AS resource_id, d.before AS before, d.after AS after, c.costs AS costs, c.dearest AS dearest
    FROM
    (
        SELECT
            resource_id,
            anyIf(number, NOT is_trial AND from <= toDate({day:String}) AND to > toDate({day:String})) AS before,
            anyIf(number, is_trial AND from <= toDate({day:String}) AND to > toDate({day:String})) AS after,
            arraySort(groupArrayIf((from, given), NOT is_trial)) AS periods_before,
            arraySort(groupArrayIf((from, given), is_trial)) AS periods_after,
            if(empty(periods_before), nothing, arrayFilter((period, index) -> index = 1 OR period.2 != periods_before[index - 1].2, periods_before, arrayEnumerate(periods_before))) AS given_before,
            if(empty(periods_after), nothing, arrayFilter((period, index) -> index = 1 OR period.2 != periods_after[index - 1].2, periods_after, arrayEnumerate(periods_after))) AS given_after
        FROM
        (
            SELECT
                t.is_trial AS is_trial,
                t.resource_id AS resource_id,
                t.from AS from,
                t.to AS to,
                t.number AS number,
                if(t.number = 0, toUInt64(if(t.is_trial, {fallback:String}, current.2) = 'last_segment'), r.given) AS given
            FROM
            (
                SELECT evaluation_id, evaluation_id = {evaluation_id:UUID} AS is_trial, resource_id, from, to, number
                FROM tracking_assignments FINAL
                ARRAY JOIN valid_from AS from, valid_to AS to, rule AS number
                WHERE evaluation_id IN (current.1, {evaluation_id:UUID}) AND NOT removed
            ) AS t
            LEFT JOIN
            (
                SELECT evaluation_id, number, sipHash64(rule_id, mapSort(targets)) AS given
                FROM tracking_evaluation_rules
                WHERE evaluation_id IN (current.1, {evaluation_id:UUID})
            ) AS r ON r.evaluation_id = t.evaluation_id AND r.number = t.number
        )
        GROUP BY resource_id
        HAVING given_before != given_after
    ) AS d
    LEFT JOIN
    (
        SELECT
            resource_id,
            groupArray((figure.1, currency, toString(figure.2))::Tuple(metric String, currency String, cost String)) AS costs,
            max(abs(figure.2)) AS dearest
        FROM
        (
            SELECT
                resource_id::String AS resource_id,
                billing_currency AS currency,
                [('actual', sum(cost_in_billing_currency)), ('amortized', sum(amortized_cost_in_billing_currency))] AS figures
            FROM costs_by_resource
            WHERE billing_month = toDate({month:String}) AND resource_id != ''
            GROUP BY resource_id, currency
        )
        ARRAY JOIN figures AS figure
        WHERE figure.2 IS NOT NULL
        GROUP BY resource_id
    ) AS c ON c.resource_id = d.resource_id
    ORDER BY dearest DESC NULLS LAST, resource_id
    LIMIT {limit:UInt32}
) AS p
LEFT JOIN (SELECT number, rule_id, targets FROM tracking_evaluation_rules WHERE evaluation_id = current.1) AS b ON b.number = p.before
LEFT JOIN (SELECT number, rule_id, targets FROM tracking_evaluation_rules WHERE evaluation_id = {evaluation_id:UUID}) AS a ON a.number = p.after
ORDER BY p.dearest DESC NULLS LAST, p.resource_id
