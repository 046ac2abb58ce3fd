-- How many rows each load has rejected, by reason (without the values) and currency: of the loads that are published, and
-- of the last attempt at each part; of all sources, months and runs where none is given.
WITH
    published AS
    (
        SELECT arrayJoin(latest.2) AS load_id
        FROM
        (
            SELECT argMax(tuple(state, own_load_ids), (published_at, publication_id, state = 'pruned')) AS latest
            FROM publications
            WHERE state != 'announced'
            GROUP BY source, export, dataset, billing_month, run_id
        )
        WHERE latest.1 = 'published'
    ),
    attempts AS
    (
        SELECT load_id, source, export, dataset, billing_month, run_id, part, started_at
        FROM loads FINAL
        WHERE (empty({sources:Array(String)}) OR source IN {sources:Array(String)})
            AND ({month:String} = '' OR billing_month = toDateOrZero(concat({month:String}, '-01')))
            AND ({run_id:String} = '' OR lower(run_id) = lower({run_id:String}))
    ),
    last_attempts AS
    (
        SELECT argMax(load_id, started_at) AS load_id
        FROM loads FINAL
        WHERE state IN ('loaded', 'failed') AND empty(copied_from)
        GROUP BY source, export, dataset, billing_month, run_id, part
    )
SELECT
    a.load_id AS load_id,
    a.source AS source,
    n.export_name AS export_name,
    a.dataset AS dataset,
    formatDateTime(a.billing_month, '%Y-%m') AS month,
    a.run_id AS run_id,
    a.part AS part,
    a.load_id IN published AS is_published,
    r.reason_kind AS reason,
    r.billing_currency AS billing_currency,
    r.rows AS rows,
    sum(r.rows) OVER same AS all_rows,
    sum(r.rows_without_cost) OVER same AS all_rows_without_cost,
    toString(sum(r.total) OVER same) AS all_total
FROM
(
    SELECT
        load_id,
        replaceRegexpOne(reason, '(?s): ".*" is not ', ': … is not ') AS reason_kind,
        billing_currency,
        count() AS rows,
        countIf(isNull(cost)) AS rows_without_cost,
        sum(ifNull(cost, 0)) AS total
    FROM rejected_rows
    WHERE load_id IN (SELECT load_id FROM attempts)
    GROUP BY load_id, reason_kind, billing_currency
) AS r
INNER JOIN attempts AS a ON a.load_id = r.load_id
LEFT JOIN (SELECT source, export, dataset, billing_month, run_id, export_name FROM runs FINAL) AS n
    ON n.source = a.source AND n.export = a.export AND n.dataset = a.dataset AND n.billing_month = a.billing_month AND n.run_id = a.run_id
WHERE a.load_id IN published OR a.load_id IN last_attempts
WINDOW same AS (PARTITION BY r.reason_kind, r.billing_currency)
ORDER BY source, month, export_name, dataset, run_id, part, load_id, reason, billing_currency
