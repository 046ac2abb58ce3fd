-- Every row of publications of a month, or of all for an empty one; but of the announcements only those of the last day:
-- older ones were given up.
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
    p.own_load_ids AS own_load_ids,
    p.load_ids AS load_ids,
    p.state AS state,
    toString(p.published_at) AS published_at
FROM publications AS p
WHERE (p.state != 'announced' OR p.published_at > now64(6, 'UTC') - INTERVAL 1 DAY)
    AND ({month:String} = '' OR p.billing_month = toDateOrZero(concat({month:String}, '-01')))
