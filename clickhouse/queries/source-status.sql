-- The last attempt of each source, and when one of them last found nothing wrong or published something.
SELECT
    a.source AS source,
    argMax(a.state, a.started_at) AS state,
    max(a.started_at) AS attempted_at,
    argMax(tuple(a.finished_at), a.started_at).1 AS finished_at,
    argMax(a.runs_found, a.started_at) AS runs_found,
    argMax(a.runs_imported, a.started_at) AS runs_imported,
    argMax(a.runs_failed, a.started_at) AS runs_failed,
    argMax(a.error, a.started_at) AS error,
    maxIf(a.finished_at, a.state = 'done' OR a.runs_imported > 0) AS imported_at
FROM source_attempts AS a FINAL
GROUP BY a.source
ORDER BY source
