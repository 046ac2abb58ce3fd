-- Resources in the current runs, with their newest names and tags, now.
CREATE VIEW resources AS
SELECT *
FROM resources_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'Resources in the current runs, with their newest names and tags'
