-- How many rows of some loads belong to the given days, and of how many the JSON cannot be read; `from` is included, `until` is not.
SELECT count() AS entries, countIf(malformed_json != '') AS malformed
FROM cost_entries
WHERE load_id IN {load_ids:Array(UUID)}
    AND arrayExists((first, until) -> date >= first AND date < until, {from:Array(Date)}, {until:Array(Date)})
