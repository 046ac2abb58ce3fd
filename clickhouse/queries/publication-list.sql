-- What became visible and what was taken back, oldest first: of the runs that cover a day from `first_day` to `last_day`
-- (both included); everything that ever was, or only what answers now. A publication that was pruned is listed as such.
-- At most `limit` of them, behind the one that `after_…` names (none for an empty `after_published_at`).
SELECT
    p.publication_id AS publication_id,
    p.source AS source,
    p.export AS export,
    p.export_name AS export_name,
    p.dataset AS dataset,
    formatDateTime(p.billing_month, '%Y-%m') AS month,
    p.run_id AS run_id,
    p.submitted_at AS submitted_at,
    p.first_day AS first_day,
    p.last_day AS last_day,
    p.state AS state,
    p.priority AS priority,
    p.published_at AS published_at,
    p.pruned_at AS pruned_at,
    p.publication_id IN (SELECT publication_id FROM current_publications) AS is_current,
    length(p.load_ids) AS loads,
    c.entries AS entries,
    s.days AS silent_days
FROM publications AS p
LEFT JOIN
(
    SELECT n.publication_id AS publication_id, sum(l.rows_loaded) AS entries
    FROM (SELECT publication_id, arrayJoin(load_ids) AS load_id FROM publications WHERE state NOT IN ('announced', 'pruned')) AS n
    INNER JOIN (SELECT load_id, rows_loaded FROM loads FINAL) AS l ON l.load_id = n.load_id
    GROUP BY n.publication_id
) AS c ON c.publication_id = p.publication_id
LEFT JOIN
(
    SELECT n.publication_id AS publication_id, uniqExact(h.metric, h.subscription_id, h.date) AS days
    FROM (SELECT load_id, publication_id FROM current_loads) AS n
    INNER JOIN current_shadows AS h ON h.load_id = n.load_id
    GROUP BY n.publication_id
) AS s ON s.publication_id = p.publication_id
WHERE p.state != 'announced'
    AND NOT (p.state = 'published' AND p.publication_id IN (SELECT publication_id FROM publications WHERE state = 'pruned'))
    AND (empty({sources:Array(String)}) OR p.source IN {sources:Array(String)})
    AND ({dataset:String} = '' OR p.dataset = {dataset:String})
    AND p.first_day <= toDate({last_day:String})
    AND p.last_day >= toDate({first_day:String})
    AND ({history:Bool} OR is_current)
    AND
    (
        {after_published_at:String} = ''
        OR (p.published_at, p.state != 'withdrawn', toString(p.publication_id))
            > (parseDateTime64BestEffortOrZero({after_published_at:String}, 6, 'UTC'), {after_state:String} != 'withdrawn', {after_publication_id:String})
    )
ORDER BY p.published_at, p.state != 'withdrawn', toString(p.publication_id)
LIMIT {limit:UInt32}
