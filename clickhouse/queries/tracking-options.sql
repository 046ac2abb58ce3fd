-- The options of resource tracking, as they were written last.
SELECT name, argMax(value, updated_at) AS value
FROM tracking_options
GROUP BY name
