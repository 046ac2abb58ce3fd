-- Where a publication and one of its rivals cover the same billing account, subscription and day of a billing month, one
-- of the two is silent: `answers` says for each rival whether the publication answers, `metrics` about what. An empty
-- billing account matches any where there is a subscription: some exports do not name theirs.
INSERT INTO shadows (publication_id, silent_publication_id, metric, load_id, billing_account_id, subscription_id, date)
SELECT
    if(b.answers, {publication_id:UUID}, b.rival) AS publication_id,
    if(b.answers, b.rival, {publication_id:UUID}) AS silent_publication_id,
    arrayJoin(b.metrics) AS metric,
    if(b.answers, b.load_id, a.load_id) AS load_id,
    if(b.answers, b.billing_account_id, a.billing_account_id) AS billing_account_id,
    a.subscription_id AS subscription_id,
    a.date AS date
FROM
(
    SELECT DISTINCT load_id, billing_account_id, subscription_id, date
    FROM load_coverage
    WHERE billing_month = toDate({billing_month:String}) AND load_id IN {load_ids:Array(UUID)}
) AS a
INNER JOIN
(
    SELECT DISTINCT r.rival, r.answers, r.metrics, c.load_id, c.billing_account_id, c.subscription_id, c.date
    FROM load_coverage AS c
    INNER JOIN
    (
        SELECT
            arrayJoin(arrayZip({rivals:Array(UUID)}, {answers:Array(Bool)}, {metrics:Array(Array(String))}, {rival_load_ids:Array(Array(UUID))})) AS row,
            row.1 AS rival,
            row.2 AS answers,
            row.3 AS metrics,
            arrayJoin(row.4) AS load_id
    ) AS r ON r.load_id = c.load_id
    WHERE c.billing_month = toDate({billing_month:String}) AND c.load_id IN (SELECT arrayJoin(arrayFlatten({rival_load_ids:Array(Array(UUID))})))
) AS b ON a.subscription_id = b.subscription_id AND a.date = b.date
WHERE a.billing_account_id = b.billing_account_id
    OR (a.subscription_id != '' AND (a.billing_account_id = '' OR b.billing_account_id = ''))
