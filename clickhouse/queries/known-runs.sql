-- The runs of a source that were ever published (all of its series, or one), each as its newest publication says.
SELECT
    p.source AS source,
    p.export AS export,
    any(p.export_name) AS export_name,
    p.dataset AS dataset,
    formatDateTime(p.billing_month, '%Y-%m') AS month,
    p.run_id AS run_id,
    toString(argMax(p.submitted_at, (p.published_at, p.publication_id))) AS submitted_at,
    toString(argMax(p.first_day, (p.published_at, p.publication_id))) AS first_day,
    toString(argMax(p.last_day, (p.published_at, p.publication_id))) AS last_day,
    argMax(p.own_load_ids, (p.published_at, p.publication_id)) AS own_load_ids,
    argMax(p.priority, (p.published_at, p.publication_id)) AS priority,
    argMax(p.state, (p.published_at, p.publication_id, p.state = 'pruned')) AS last_state
FROM publications AS p
WHERE p.state != 'announced'
    AND p.source = {source:String}
    AND ({export:String} = '' OR p.export = {export:String})
    AND ({dataset:String} = '' OR p.dataset = {dataset:String})
    AND ({month:String} = '' OR p.billing_month = toDateOrZero(concat({month:String}, '-01')))
GROUP BY p.source, p.export, p.dataset, p.billing_month, p.run_id
