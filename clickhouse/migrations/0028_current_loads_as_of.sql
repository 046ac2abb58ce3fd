-- The loads that readers see, as of a moment that the caller gives: current_loads_as_of(moment = '2026-05-01 00:00:00').
CREATE VIEW current_loads_as_of AS
SELECT
    arrayJoin(load_ids) AS load_id,
    publication_id,
    source,
    export,
    export_name,
    dataset,
    billing_month,
    run_id,
    submitted_at,
    published_at
FROM current_publications_as_of(moment = {moment:DateTime64(6, 'UTC')})
COMMENT 'The loads that readers see, and the publication that names each, as of a moment'
