-- Every source that was not removed, as configured last.
SELECT name, kind, place, credential, settings, enabled, priority, reject_limit
FROM sources FINAL
WHERE NOT removed
ORDER BY name
