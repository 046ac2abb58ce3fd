-- How many rows of shadows name a publication, whoever is current.
SELECT count() AS rows
FROM shadows
WHERE publication_id = {publication_id:UUID} OR silent_publication_id = {publication_id:UUID}
