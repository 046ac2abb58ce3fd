-- What the resources that several rules match cost in each month, as of a moment that the caller gives, by the days for which they match: of the evaluation that holds now.
CREATE VIEW tracking_conflict_costs_as_of AS
WITH (SELECT argMax((evaluation_id, fallback), started_at) FROM tracking_evaluations WHERE kind = 'whole' AND state = 'finished') AS current
SELECT
    k.resource_id AS resource_id,
    k.subscription_id AS subscription_id,
    k.valid_from AS valid_from,
    k.valid_to AS valid_to,
    k.candidate_count AS candidate_count,
    k.candidates AS candidates,
    k.winner AS winner,
    k.reason AS reason,
    s.billing_month AS billing_month,
    s.billing_currency AS billing_currency,
    s.cost AS cost_in_billing_currency,
    s.amortized AS amortized_cost_in_billing_currency
FROM tracking_conflicts AS k
INNER JOIN
(
    SELECT
        c.resource_id AS resource_id,
        p.valid_from AS valid_from,
        c.billing_month AS billing_month,
        c.billing_currency AS billing_currency,
        sum(c.cost_in_billing_currency) AS cost,
        sum(c.amortized_cost_in_billing_currency) AS amortized
    FROM costs_by_resource_as_of(moment = {moment:DateTime64(6, 'UTC')}) AS c
    INNER JOIN
    (
        SELECT resource_id, valid_from, valid_to
        FROM tracking_assignments FINAL
        ARRAY JOIN valid_from, valid_to, candidates
        WHERE evaluation_id = current.1 AND NOT removed AND candidates > 1
    ) AS p ON p.resource_id = c.resource_id AND p.valid_from <= c.date AND p.valid_to > c.date
    GROUP BY resource_id, valid_from, billing_month, billing_currency
) AS s ON s.resource_id = k.resource_id AND s.valid_from = k.valid_from
WHERE k.is_current
COMMENT 'Resources that several rules match, with their costs in each billing month and currency, as of a moment; rules are taken as they are now'
