-- Writes another state for some loads; what they counted stays.
INSERT INTO loads
SELECT * REPLACE ({state:String} AS state, now64(6, 'UTC') AS updated_at)
FROM loads AS l FINAL
WHERE l.load_id IN {load_ids:Array(UUID)}
