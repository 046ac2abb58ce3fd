-- Makes what the publications say visible, unless that was done already. What is counted first was there before what is
-- read after it, so of two such rows the one that counted more shows everything that the other does.
INSERT INTO visible_loads (seen, moment, load_ids, silent_actual, silent_amortized)
SELECT
    (SELECT count() FROM publications WHERE state != 'announced') AS seen,
    (SELECT max(published_at) FROM publications) AS moment,
    (SELECT groupArray(load_id) FROM current_loads) AS load_ids,
    (SELECT groupArray((load_id, billing_account_id, subscription_id, date)) FROM current_shadows WHERE metric = 'actual') AS silent_actual,
    (SELECT groupArray((load_id, billing_account_id, subscription_id, date)) FROM current_shadows WHERE metric = 'amortized') AS silent_amortized
WHERE seen > (SELECT max(seen) FROM visible_loads)
SETTINGS enable_shared_storage_snapshot_in_query = 1
