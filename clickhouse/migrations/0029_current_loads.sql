-- The loads that readers see, now.
CREATE VIEW current_loads AS
SELECT *
FROM current_loads_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'The loads that readers see, and the publication that names each'
