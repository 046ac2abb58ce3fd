-- Costs by day and the usual dimensions, from a rollup that is as exact as the lines, now.
CREATE VIEW costs_daily AS
SELECT *
FROM costs_daily_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'Costs by day and the usual dimensions; rows of one day may be split, so always aggregate with sum'
