-- Copies the rows of some loads that belong to the given days into a load of its own; `from` is included, `until` is
-- not. The rollups and slices follow, since they hang on the table.
INSERT INTO cost_entries
SELECT * REPLACE (toUUID({load_id:String}) AS load_id)
FROM cost_entries AS e
WHERE e.load_id IN {load_ids:Array(UUID)}
    AND arrayExists((first, until) -> e.date >= first AND e.date < until, {from:Array(Date)}, {until:Array(Date)})
