-- The publication that answers for each series, as of a moment that the caller gives: current_publications_as_of(moment = '2026-05-01 00:00:00').
CREATE VIEW current_publications_as_of AS
SELECT
    source,
    export,
    dataset,
    billing_month,
    argMax(latest, (latest.submitted_at, latest.published_at, latest.publication_id)) AS winner,
    winner.publication_id AS publication_id,
    winner.run_id AS run_id,
    winner.export_name AS export_name,
    winner.submitted_at AS submitted_at,
    winner.published_at AS published_at,
    winner.priority AS priority,
    winner.load_ids AS load_ids
FROM
(
    SELECT
        source,
        export,
        dataset,
        billing_month,
        argMax(
            tuple(publication_id, run_id, export_name, submitted_at, published_at, priority, load_ids, state),
            (published_at, publication_id)
        )::Tuple(publication_id UUID, run_id String, export_name String, submitted_at DateTime64(7, 'UTC'), published_at DateTime64(6, 'UTC'), priority Int32, load_ids Array(UUID), state String) AS latest
    FROM publications
    WHERE state != 'announced' AND published_at <= {moment:DateTime64(6, 'UTC')}
    GROUP BY source, export, dataset, billing_month, run_id
)
WHERE latest.state = 'published'
GROUP BY source, export, dataset, billing_month
COMMENT 'The publication that answers for each source, export, dataset and billing month, as of a moment'
