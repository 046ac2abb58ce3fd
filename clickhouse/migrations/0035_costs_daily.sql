-- Costs by day and the usual dimensions, from a rollup that is as exact as the lines, now.
-- The moment comes first in a query, so whatever it lets a reader see was written before the reader looks for it.
CREATE VIEW costs_daily AS
SELECT *
FROM costs_daily_as_of(moment = (SELECT max(published_at) FROM publications))
COMMENT 'Costs by day and the usual dimensions; rows of one day may be split, so always aggregate with sum'
