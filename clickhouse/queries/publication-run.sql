-- Which run a publication published.
SELECT
    p.source AS source,
    p.export AS export,
    p.dataset AS dataset,
    formatDateTime(p.billing_month, '%Y-%m') AS month,
    p.run_id AS run_id
FROM publications AS p
WHERE p.publication_id = {publication_id:UUID} AND p.state != 'announced'
LIMIT 1
