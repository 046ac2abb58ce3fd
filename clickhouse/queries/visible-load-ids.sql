-- The loads that readers see at this moment.
SELECT arrayJoin(argMax(load_ids, seen)) AS load_id
FROM visible_loads
