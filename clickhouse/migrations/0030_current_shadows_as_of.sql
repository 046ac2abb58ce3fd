-- The days of current loads that stay silent because another publication answers, as of a moment that the caller gives: current_shadows_as_of(moment = '2026-05-01 00:00:00').
CREATE VIEW current_shadows_as_of AS
SELECT
    publication_id,
    silent_publication_id,
    metric,
    load_id,
    billing_account_id,
    subscription_id,
    date
FROM shadows
WHERE publication_id IN (SELECT publication_id FROM current_publications_as_of(moment = {moment:DateTime64(6, 'UTC')}))
    AND silent_publication_id IN (SELECT publication_id FROM current_publications_as_of(moment = {moment:DateTime64(6, 'UTC')}))
COMMENT 'Days of current loads that stay silent because another publication answers, as of a moment'
