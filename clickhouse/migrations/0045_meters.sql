-- Meters in the current runs, now.
CREATE VIEW meters AS
SELECT *
FROM meters_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'Meters in the current runs'
