-- Who answers instead of whom between two days (the second is excluded, NULL is open), as of a moment, and on how many
-- days of subscriptions.
SELECT
    silent.source AS source,
    silent.export_name AS export,
    answering.source AS answered_by,
    answering.export_name AS answered_by_export,
    shadows.metric AS metric,
    uniqExact(shadows.billing_account_id, shadows.subscription_id) AS subscriptions,
    uniqExact(shadows.billing_account_id, shadows.subscription_id, shadows.date) AS days
FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')}) AS shadows
INNER JOIN current_publications_as_of(moment = {moment:DateTime64(6, 'UTC')}) AS answering
    ON answering.publication_id = shadows.publication_id
INNER JOIN current_publications_as_of(moment = {moment:DateTime64(6, 'UTC')}) AS silent
    ON silent.publication_id = shadows.silent_publication_id
WHERE ({from:Nullable(Date)} IS NULL OR shadows.date >= {from:Nullable(Date)})
    AND ({to:Nullable(Date)} IS NULL OR shadows.date < {to:Nullable(Date)})
GROUP BY ALL
ORDER BY source, export, answered_by, answered_by_export, metric
