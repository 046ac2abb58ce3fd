-- Makes what the publications say visible. What is counted first was there before what is read after it, so of two such
-- rows the one that counted more shows everything that the other does.
INSERT INTO visible_loads (seen, moment, load_ids, silent_actual, silent_amortized)
WITH
    (SELECT count() FROM publications WHERE state != 'announced') AS seen,
    (SELECT max(published_at) FROM publications WHERE state != 'announced') AS moment,
    (SELECT (groupArray(publication_id), groupArray(load_ids)) FROM current_publications) AS current,
    (
        SELECT groupArray((metric, load_id, billing_account_id, subscription_id, date))
        FROM shadows
        WHERE publication_id IN (SELECT arrayJoin(current.1)) AND silent_publication_id IN (SELECT arrayJoin(current.1))
    ) AS silent
SELECT
    seen,
    moment,
    arrayDistinct(arrayFlatten(current.2)) AS load_ids,
    arrayMap(day -> (day.2, day.3, day.4, day.5), arrayFilter(day -> day.1 = 'actual', silent)) AS silent_actual,
    arrayMap(day -> (day.2, day.3, day.4, day.5), arrayFilter(day -> day.1 = 'amortized', silent)) AS silent_amortized
SETTINGS enable_shared_storage_snapshot_in_query = 1
