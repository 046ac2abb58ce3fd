-- How fresh the costs of each source and dataset are: of sources that are configured (also those that never published
-- anything, whose dataset is empty) and of removed ones that still answer. Ages are seconds before `now`.
WITH
    parseDateTime64BestEffort({now:String}, 6, 'UTC') AS present,
    configured AS (SELECT name, enabled FROM sources FINAL WHERE NOT removed),
    attempts AS
    (
        SELECT
            source,
            argMax(tuple(state, started_at, finished_at, error), started_at)::Tuple(state String, started_at DateTime64(6, 'UTC'), finished_at Nullable(DateTime64(6, 'UTC')), error String) AS last,
            maxIf(finished_at, state = 'done') AS succeeded_at
        FROM source_attempts FINAL
        GROUP BY source
    ),
    answering AS
    (
        SELECT c.source AS source, c.dataset AS dataset, c.publication_id AS publication_id, c.submitted_at AS submitted_at, c.published_at AS published_at, d.days AS days
        FROM current_publications AS c
        LEFT JOIN
        (
            SELECT n.publication_id AS publication_id, max(v.newest) AS days
            FROM (SELECT publication_id, arrayJoin(load_ids) AS load_id FROM current_publications) AS n
            INNER JOIN (SELECT load_id, max(date) AS newest FROM load_coverage WHERE load_id IN (SELECT arrayJoin(load_ids) FROM current_publications) GROUP BY load_id) AS v ON v.load_id = n.load_id
            GROUP BY n.publication_id
        ) AS d ON d.publication_id = c.publication_id
    ),
    datasets AS
    (
        SELECT source, dataset, max(submitted_at) AS submitted_at, max(published_at) AS published_at, max(days) AS newest_day, count() AS publications
        FROM answering
        GROUP BY source, dataset
    ),
    names AS (SELECT name AS source FROM configured UNION DISTINCT SELECT source FROM datasets)
SELECT
    n.source AS source,
    ifNull(s.dataset, '') AS dataset,
    n.source IN (SELECT name FROM configured) AS is_configured,
    n.source IN (SELECT name FROM configured WHERE enabled) AS is_enabled,
    if(a.source = '', NULL, a.last.started_at) AS attempted_at,
    if(a.source = '', NULL, a.last.state) AS attempt_state,
    a.last.error AS attempt_error,
    a.succeeded_at AS succeeded_at,
    if(dataset = '', NULL, s.published_at) AS published_at,
    if(dataset = '', NULL, s.submitted_at) AS submitted_at,
    if(dataset = '' OR s.newest_day = '1970-01-01', NULL, s.newest_day) AS newest_day,
    if(dataset = '', 0, s.publications) AS publications,
    if(dataset = '', NULL, greatest(dateDiff('second', s.submitted_at, present), 0)) AS age_seconds
FROM names AS n
LEFT JOIN datasets AS s ON s.source = n.source
LEFT JOIN attempts AS a ON a.source = n.source
WHERE (empty({sources:Array(String)}) OR n.source IN {sources:Array(String)})
    AND ({dataset:String} = '' OR dataset = {dataset:String})
ORDER BY source, dataset
