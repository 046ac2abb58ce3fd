-- The runs that imports worked on, those submitted last first: at most `limit` of them, behind the one whose place in the
-- order `after_…` names (none for an empty `after_submitted_at`). Of the state `importing` are also those whose process was killed.
WITH
    listed AS
    (
        SELECT *
        FROM runs FINAL
        WHERE (empty({sources:Array(String)}) OR source IN {sources:Array(String)})
            AND ({dataset:String} = '' OR dataset = {dataset:String})
            AND ({month:String} = '' OR billing_month = toDateOrZero(concat({month:String}, '-01')))
            AND ({state:String} = '' OR state = {state:String})
            AND ({run_id:String} = '' OR lower(run_id) = lower({run_id:String}))
            AND
            (
                {after_submitted_at:String} = ''
                OR submitted_at < parseDateTime64BestEffortOrZero({after_submitted_at:String}, 7, 'UTC')
                OR
                (
                    submitted_at = parseDateTime64BestEffortOrZero({after_submitted_at:String}, 7, 'UTC')
                    AND (source, export, dataset, billing_month, run_id)
                        > ({after_source:String}, {after_export:String}, {after_dataset:String}, toDateOrZero(concat({after_month:String}, '-01')), {after_run_id:String})
                )
            )
        ORDER BY submitted_at DESC, source, export, dataset, billing_month, run_id
        LIMIT {limit:UInt32}
    ),
    counts AS
    (
        SELECT n.source AS source, n.export AS export, n.dataset AS dataset, n.billing_month AS billing_month, n.run_id AS run_id, sum(l.rows_loaded) AS rows_loaded, sum(l.rows_rejected) AS rows_rejected, sum(l.rows_malformed) AS rows_malformed
        FROM (SELECT source, export, dataset, billing_month, run_id, arrayJoin(load_ids) AS load_id FROM listed) AS n
        INNER JOIN (SELECT load_id, rows_loaded, rows_rejected, rows_malformed FROM loads FINAL WHERE load_id IN (SELECT arrayJoin(load_ids) FROM listed)) AS l ON l.load_id = n.load_id
        GROUP BY n.source, n.export, n.dataset, n.billing_month, n.run_id
    ),
    published AS
    (
        SELECT
            source,
            export,
            dataset,
            billing_month,
            run_id,
            argMax(tuple(publication_id, state), (published_at, publication_id, state = 'pruned'))::Tuple(publication_id UUID, state String) AS latest
        FROM publications
        WHERE state != 'announced' AND (source, run_id) IN (SELECT source, run_id FROM listed)
        GROUP BY source, export, dataset, billing_month, run_id
    )
SELECT
    r.source AS source,
    r.export AS export,
    r.export_name AS export_name,
    r.dataset AS dataset,
    formatDateTime(r.billing_month, '%Y-%m') AS month,
    r.run_id AS run_id,
    r.submitted_at AS submitted_at,
    r.first_day AS first_day,
    r.last_day AS last_day,
    r.manifest_path AS manifest_path,
    r.data_version AS data_version,
    r.part_count AS part_count,
    r.byte_count AS byte_count,
    r.declared_row_count AS declared_row_count,
    if(empty(r.load_ids), NULL, c.rows_loaded) AS rows_loaded,
    if(empty(r.load_ids), NULL, c.rows_rejected) AS rows_rejected,
    if(empty(r.load_ids), NULL, c.rows_malformed) AS rows_malformed,
    r.state AS state,
    r.error AS error,
    r.updated_at AS updated_at,
    if(p.run_id = '', NULL, p.latest.publication_id) AS publication_id,
    if(p.run_id = '', NULL, p.latest.state) AS publication_state,
    publication_id IN (SELECT publication_id FROM current_publications) AS is_current
FROM listed AS r
LEFT JOIN counts AS c
    ON c.source = r.source AND c.export = r.export AND c.dataset = r.dataset AND c.billing_month = r.billing_month AND c.run_id = r.run_id
LEFT JOIN published AS p
    ON p.source = r.source AND p.export = r.export AND p.dataset = r.dataset AND p.billing_month = r.billing_month AND p.run_id = r.run_id
ORDER BY r.submitted_at DESC, r.source, r.export, r.dataset, r.billing_month, r.run_id
