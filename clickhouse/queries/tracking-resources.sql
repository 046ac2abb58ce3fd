-- Resources in the current runs by their id, or by its last segment, in any case: at most `limit`.
SELECT DISTINCT resource_id
FROM resource_slices
WHERE load_id IN (SELECT arrayJoin(argMax(load_ids, seen)) FROM visible_loads)
    AND (resource_id = lowerUTF8({text:String}) OR endsWith(resource_id, concat('/', lowerUTF8({text:String}))))
ORDER BY resource_id = lowerUTF8({text:String}) DESC, resource_id
LIMIT {limit:UInt32}
