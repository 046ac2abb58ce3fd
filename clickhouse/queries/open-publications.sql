-- The publications of a billing month that readers see or will see in a moment: the current ones, and those that were
-- announced within a day and are not published yet. All reads share one snapshot, so that none is missed between the two.
SELECT
    p.publication_id AS publication_id,
    any(p.source) AS source,
    any(p.export) AS export,
    any(p.dataset) AS dataset,
    any(p.priority) AS priority,
    toString(any(p.submitted_at)) AS submitted_at,
    any(p.load_ids) AS load_ids
FROM publications AS p
WHERE p.billing_month = toDate({billing_month:String})
    AND
    (
        p.publication_id IN
        (
            -- What current_publications shows of this month, without a look at the others.
            SELECT publication_id
            FROM
            (
                SELECT publication_id, source, export, dataset, run_id, submitted_at, state
                FROM publications
                WHERE state != 'announced' AND billing_month = toDate({billing_month:String})
                ORDER BY published_at DESC, publication_id DESC, pruned_at DESC NULLS LAST
                LIMIT 1 BY source, export, dataset, run_id
            )
            WHERE state = 'published'
            ORDER BY submitted_at DESC, run_id DESC
            LIMIT 1 BY source, export, dataset
        )
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
SETTINGS enable_shared_storage_snapshot_in_query = 1
