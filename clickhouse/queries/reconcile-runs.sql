-- What each published run announced, what its loads wrote down, and what the tables hold of it now; only runs that cover
-- a day from `first_day` to `last_day` (both included).
WITH
    live AS
    (
        SELECT
            source,
            export,
            dataset,
            billing_month,
            run_id,
            argMax(tuple(publication_id, export_name, submitted_at, first_day, last_day, own_load_ids, load_ids, state), (published_at, publication_id, state = 'pruned'))
                ::Tuple(publication_id UUID, export_name String, submitted_at DateTime64(7, 'UTC'), first_day Date, last_day Date, own_load_ids Array(UUID), load_ids Array(UUID), state String) AS latest
        FROM publications
        WHERE state != 'announced'
            AND (empty({sources:Array(String)}) OR source IN {sources:Array(String)})
            AND ({run_id:String} = '' OR lower(run_id) = lower({run_id:String}))
        GROUP BY source, export, dataset, billing_month, run_id
        HAVING latest.state = 'published'
            AND latest.first_day <= toDate({last_day:String})
            AND latest.last_day >= toDate({first_day:String})
    ),
    pieces AS
    (
        SELECT
            latest.publication_id AS publication_id,
            arrayJoin(arrayDistinct(arrayConcat(latest.own_load_ids, latest.load_ids))) AS load_id,
            has(latest.own_load_ids, load_id) AS is_own
        FROM live
    ),
    entries AS (SELECT load_id, count() AS found FROM cost_entries WHERE load_id IN (SELECT load_id FROM pieces) GROUP BY load_id),
    rejects AS (SELECT load_id, count() AS found FROM rejected_rows WHERE load_id IN (SELECT load_id FROM pieces) GROUP BY load_id),
    recorded AS (SELECT load_id, byte_count, rows_loaded, rows_rejected FROM loads FINAL WHERE load_id IN (SELECT load_id FROM pieces)),
    counts AS
    (
        SELECT
            p.publication_id AS publication_id,
            sumIf(l.byte_count, p.is_own) AS byte_count,
            sumIf(e.found, p.is_own) AS rows_loaded,
            sumIf(r.found, p.is_own) AS rows_rejected,
            sumIf(l.rows_loaded, p.is_own) AS recorded_loaded,
            sumIf(l.rows_rejected, p.is_own) AS recorded_rejected,
            sumIf(e.found, NOT p.is_own) AS rows_carried,
            sumIf(l.rows_loaded, NOT p.is_own AND l.byte_count = 0) AS recorded_carried,
            sumIf(e.found, NOT p.is_own AND l.byte_count = 0) AS found_carried
        FROM pieces AS p
        LEFT JOIN entries AS e ON e.load_id = p.load_id
        LEFT JOIN rejects AS r ON r.load_id = p.load_id
        LEFT JOIN recorded AS l ON l.load_id = p.load_id
        GROUP BY p.publication_id
    )
SELECT
    v.latest.publication_id AS publication_id,
    v.source AS source,
    v.export AS export,
    v.latest.export_name AS export_name,
    v.dataset AS dataset,
    formatDateTime(v.billing_month, '%Y-%m') AS month,
    v.run_id AS run_id,
    v.latest.submitted_at AS submitted_at,
    v.latest.publication_id IN (SELECT publication_id FROM current_publications) AS is_current,
    v.latest.own_load_ids AS load_ids,
    d.part_count AS declared_parts,
    d.byte_count AS declared_bytes,
    d.declared_row_count AS declared_rows,
    c.byte_count AS byte_count,
    c.rows_loaded AS rows_loaded,
    c.rows_rejected AS rows_rejected,
    c.recorded_loaded AS recorded_loaded,
    c.recorded_rejected AS recorded_rejected,
    c.rows_carried AS rows_carried,
    c.recorded_carried AS recorded_carried,
    c.found_carried AS found_carried
FROM live AS v
LEFT JOIN counts AS c ON c.publication_id = v.latest.publication_id
LEFT JOIN (SELECT * FROM runs FINAL) AS d
    ON d.source = v.source AND d.export = v.export AND d.dataset = v.dataset AND d.billing_month = v.billing_month AND d.run_id = v.run_id
WHERE {replaced:Bool} OR is_current
ORDER BY source, export_name, dataset, month, submitted_at
