-- Where the announced publication and another one (current, or announced at the same time) cover the same billing
-- account, subscription and day of a billing month for the same metric, the one of smaller rank answers and the other
-- is silent. An empty billing account matches any where there is a subscription: some exports do not name theirs.
-- All reads of publications share one snapshot, so that none is missed between announced and current.
INSERT INTO shadows (publication_id, silent_publication_id, metric, load_id, billing_account_id, subscription_id, date)
WITH
    open AS
    (
        SELECT
            p.publication_id AS publication_id,
            any(p.source) AS source,
            any(p.export) AS export,
            any(p.dataset) AS dataset,
            any(p.load_ids) AS load_ids,
            (
                any(p.priority),
                -toUnixTimestamp64Nano(CAST(any(p.submitted_at), 'DateTime64(9, \'UTC\')')),
                any(p.source),
                any(p.export),
                any(p.dataset)
            ) AS rank
        FROM publications AS p
        WHERE p.billing_month = toDate({billing_month:String})
            AND
            (
                p.publication_id IN (SELECT publication_id FROM current_publications)
                OR p.publication_id IN
                (
                    SELECT a.publication_id
                    FROM publications AS a
                    WHERE a.billing_month = toDate({billing_month:String}) AND a.published_at > now64(6, 'UTC') - INTERVAL 1 DAY
                    GROUP BY a.publication_id
                    HAVING countIf(a.state != 'announced') = 0
                )
            )
        GROUP BY p.publication_id
    ),
    mine AS (SELECT * FROM open WHERE publication_id = {publication_id:UUID}),
    others AS
    (
        SELECT *
        FROM open
        WHERE (source, export, dataset) NOT IN (SELECT source, export, dataset FROM mine)
    ),
    metrics AS
    (
        SELECT * FROM values('dataset String, metric String', ('actual', 'actual'), ('usage', 'actual'), ('amortized', 'amortized'), ('focus', 'actual'), ('focus', 'amortized'))
    ),
    covered AS
    (
        SELECT DISTINCT
            p.publication_id AS publication_id,
            p.rank AS rank,
            p.metric AS metric,
            c.load_id AS load_id,
            c.billing_account_id AS billing_account_id,
            c.subscription_id AS subscription_id,
            c.date AS date
        FROM load_coverage AS c
        INNER JOIN
        (
            SELECT o.publication_id AS publication_id, o.rank AS rank, m.metric AS metric, arrayJoin(o.load_ids) AS load_id
            FROM (SELECT * FROM mine UNION ALL SELECT * FROM others) AS o
            INNER JOIN metrics AS m ON m.dataset = o.dataset
        ) AS p ON p.load_id = c.load_id
        WHERE c.billing_month = toDate({billing_month:String})
            AND c.load_id IN (SELECT arrayJoin(load_ids) FROM open)
    )
SELECT
    if(a.rank < b.rank, a.publication_id, b.publication_id) AS publication_id,
    if(a.rank < b.rank, b.publication_id, a.publication_id) AS silent_publication_id,
    a.metric AS metric,
    if(a.rank < b.rank, b.load_id, a.load_id) AS load_id,
    if(a.rank < b.rank, b.billing_account_id, a.billing_account_id) AS billing_account_id,
    a.subscription_id AS subscription_id,
    a.date AS date
FROM (SELECT * FROM covered WHERE publication_id = {publication_id:UUID}) AS a
INNER JOIN (SELECT * FROM covered WHERE publication_id != {publication_id:UUID}) AS b
    ON a.metric = b.metric AND a.subscription_id = b.subscription_id AND a.date = b.date
WHERE a.billing_account_id = b.billing_account_id
    OR (a.subscription_id != '' AND (a.billing_account_id = '' OR b.billing_account_id = ''))
SETTINGS enable_shared_storage_snapshot_in_query = 1
