-- Every run that carries actual costs, as the HTTP service names and judges it. Complete is what was published, also when
-- newer runs answer for all of its days now; a run that was withdrawn is no snapshot until it is imported again.
SELECT
    lower(hex(MD5(concatWithSeparator('/', 'snapshot', r.source, r.export, r.dataset, toString(r.billing_month), r.run_id)))) AS id,
    r.source AS source,
    r.export AS export,
    r.dataset AS dataset,
    r.billing_month AS billing_month,
    r.run_id AS run_id,
    if(l.last_date > toDate(0), l.last_date, r.last_day) AS report_date,
    if(r.manifest_path != '', r.manifest_path, l.first_part) AS file_name,
    multiIf(
        p.last_state IN ('published', 'pruned'), 'complete',
        r.state = 'failed', 'failed',
        r.state = 'importing', 'in_progress',
        p.last_state = 'withdrawn', 'withdrawn',
        'in_progress') AS status,
    if(status = 'complete', p.first_published_at, r.updated_at) AS created_at,
    n.note AS note
FROM (SELECT * FROM runs FINAL WHERE dataset != 'amortized') AS r
LEFT JOIN
(
    SELECT
        source,
        export,
        dataset,
        billing_month,
        run_id,
        argMax(state, (published_at, publication_id, state = 'pruned')) AS last_state,
        minIf(published_at, state = 'published') AS first_published_at
    FROM publications
    WHERE state != 'announced'
    GROUP BY source, export, dataset, billing_month, run_id
) AS p USING (source, export, dataset, billing_month, run_id)
LEFT JOIN
(
    SELECT
        o.source AS source,
        o.export AS export,
        o.dataset AS dataset,
        o.billing_month AS billing_month,
        o.run_id AS run_id,
        max(c.last_date) AS last_date,
        min(o.part) AS first_part
    FROM (SELECT * FROM loads FINAL WHERE empty(copied_from)) AS o
    LEFT JOIN (SELECT load_id, max(date) AS last_date FROM load_coverage GROUP BY load_id) AS c ON c.load_id = o.load_id
    WHERE o.load_id IN (SELECT arrayJoin(load_ids) FROM runs FINAL)
    GROUP BY o.source, o.export, o.dataset, o.billing_month, o.run_id
) AS l USING (source, export, dataset, billing_month, run_id)
LEFT JOIN (SELECT snapshot_id, note FROM snapshot_notes FINAL) AS n ON n.snapshot_id = id
