-- The enabled sources that had no costs between two days (the second is excluded, NULL is open), as of a moment.
SELECT name AS source
FROM sources FINAL
WHERE enabled
    AND NOT removed
    AND name NOT IN
    (
        SELECT source
        FROM daily_costs
        WHERE load_id IN (SELECT load_id FROM current_loads_as_of(moment = {moment:DateTime64(6, 'UTC')}))
            AND ({from:Nullable(Date)} IS NULL OR date >= {from:Nullable(Date)})
            AND ({to:Nullable(Date)} IS NULL OR date < {to:Nullable(Date)})
    )
ORDER BY source
