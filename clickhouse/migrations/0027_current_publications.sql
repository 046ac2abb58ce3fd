-- The publication that answers for each series, now.
CREATE VIEW current_publications AS
SELECT *
FROM current_publications_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'The publication that answers for each source, export, dataset and billing month'
