-- Resources in the current runs, with their newest names and tags, now.
-- The moment comes first in a query, so whatever it lets a reader see was written before the reader looks for it.
CREATE VIEW resources AS
SELECT *
FROM resources_as_of(moment = (SELECT max(published_at) FROM publications))
COMMENT 'Resources in the current runs, with their newest names and tags'
