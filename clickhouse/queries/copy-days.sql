-- Copies the rows of some loads that belong to the given days into a load of its own; `from` is included, `until` is
-- not. A copy of rows that have a partition of their own gets one as well.
INSERT INTO cost_entries
SELECT * REPLACE
(
    toUUID({load_id:String}) AS load_id,
    if(e.own_partition = toUUID('00000000-0000-0000-0000-000000000000'), e.own_partition, toUUID({load_id:String})) AS own_partition
)
FROM cost_entries AS e
WHERE e.load_id IN {load_ids:Array(UUID)}
    AND arrayExists((first, until) -> e.date >= first AND e.date < until, {from:Array(Date)}, {until:Array(Date)})
