-- How many subscription days of others a publication silences, and how many of its own loads are silent, now.
SELECT
    uniqExactIf((metric, subscription_id, date), publication_id = {publication_id:UUID}) AS silences,
    uniqExactIf((metric, subscription_id, date), silent_publication_id = {publication_id:UUID}) AS silenced
FROM current_shadows
