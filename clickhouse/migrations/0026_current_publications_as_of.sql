-- The publication that answers for each series, as of a moment that the caller gives: current_publications_as_of(moment = '2026-05-01 00:00:00').
CREATE VIEW current_publications_as_of AS
SELECT
    source,
    export,
    export_name,
    dataset,
    billing_month,
    publication_id,
    run_id,
    submitted_at,
    published_at,
    priority,
    load_ids
FROM
(
    SELECT *
    FROM publications
    WHERE state != 'announced' AND published_at <= {moment:DateTime64(6, 'UTC')}
    ORDER BY published_at DESC, publication_id DESC
    LIMIT 1 BY source, export, dataset, billing_month, run_id
)
WHERE state = 'published'
ORDER BY submitted_at DESC, run_id DESC
LIMIT 1 BY source, export, dataset, billing_month
COMMENT 'The publication that answers for each source, export, dataset and billing month, as of a moment'
