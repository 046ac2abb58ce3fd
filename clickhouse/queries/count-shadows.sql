-- How many subscription days of others a publication silences, and how many of its own loads are silent now.
SELECT
    (SELECT uniqExact(metric, subscription_id, date) FROM shadows FINAL WHERE publication_id = {publication_id:UUID}) AS silences,
    (SELECT uniqExact(metric, subscription_id, date) FROM current_shadows WHERE load_id IN {load_ids:Array(UUID)}) AS silenced
