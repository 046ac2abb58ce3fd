-- Every name that a source has or had: of the list, and of what was ever loaded.
SELECT name
FROM (SELECT name FROM sources FINAL WHERE NOT removed UNION DISTINCT SELECT DISTINCT source AS name FROM loads)
ORDER BY name
