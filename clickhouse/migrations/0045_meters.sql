-- Meters in the current runs, now.
-- The moment comes first in a query, so whatever it lets a reader see was written before the reader looks for it.
CREATE VIEW meters AS
SELECT *
FROM meters_as_of(moment = (SELECT max(published_at) FROM publications))
COMMENT 'Meters in the current runs'
