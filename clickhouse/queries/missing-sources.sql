-- The enabled sources that have no costs between two days (the second is excluded, NULL is open), now.
WITH (SELECT (argMax(load_ids, seen), throwIf(max(seen) != {seen:UInt64}, 'publications moved')) FROM visible_loads) AS visible
SELECT name AS source
FROM sources FINAL
WHERE enabled
    AND NOT removed
    AND name NOT IN
    (
        SELECT source
        FROM daily_costs
        WHERE load_id IN (visible.1)
            AND ({from:Nullable(Date)} IS NULL OR date >= {from:Nullable(Date)})
            AND ({to:Nullable(Date)} IS NULL OR date < {to:Nullable(Date)})
    )
ORDER BY source
