-- The publication that answers for each series, as of a moment that the caller gives: current_publications_as_of(moment = '2026-05-01 00:00:00').
-- A pruned publication says so with a second row of the same moment, which comes first. Since it was pruned it answers nowhere; a moment at which it still did cannot be shown any more.
CREATE OR REPLACE VIEW current_publications_as_of AS
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
    FROM
    (
        SELECT *
        FROM publications
        WHERE state != 'announced' AND published_at <= {moment:DateTime64(6, 'UTC')}
        ORDER BY published_at DESC, publication_id DESC, pruned_at DESC NULLS LAST
        LIMIT 1 BY source, export, dataset, billing_month, run_id
    )
    WHERE state = 'published' OR pruned_at > {moment:DateTime64(6, 'UTC')}
    ORDER BY submitted_at DESC, run_id DESC
    LIMIT 1 BY source, export, dataset, billing_month
)
WHERE NOT throwIf(state = 'pruned', 'The costs of this moment were pruned: some of the publications that answered then have no rows any more. Read a later moment; `billhouse publications --history` lists what is left')
COMMENT 'The publication that answers for each source, export, dataset and billing month, as of a moment'
