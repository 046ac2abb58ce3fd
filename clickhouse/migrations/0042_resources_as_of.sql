-- Resources in the current runs, with their newest names and tags, as of a moment that the caller gives: resources_as_of(moment = '2026-05-01 00:00:00').
CREATE VIEW resources_as_of AS
SELECT
    resource_id,
    argMax(s.resource_name, s.last_date) AS resource_name,
    argMax(s.resource_group, s.last_date) AS resource_group,
    argMax(s.resource_type, s.last_date) AS resource_type,
    argMax(s.resource_location, s.last_date) AS resource_location,
    argMax(s.subscription_id, s.last_date) AS subscription_id,
    argMax(s.tags, s.last_date) AS tags,
    min(s.first_date) AS first_date,
    max(s.last_date) AS last_date
FROM resource_slices AS s
WHERE load_id IN (SELECT load_id FROM current_loads_as_of(moment = {moment:DateTime64(6, 'UTC')}))
GROUP BY resource_id
COMMENT 'Resources in the current runs, with their newest names and tags, as of a moment'
