-- Costs by resource and day, from a rollup that is as exact as the lines, now.
CREATE VIEW costs_by_resource AS
SELECT *
FROM costs_by_resource_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'Costs by resource and day; rows of one day may be split, so always aggregate with sum'
