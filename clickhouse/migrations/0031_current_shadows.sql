-- The days of current loads that stay silent because another publication answers, now.
CREATE VIEW current_shadows AS
SELECT *
FROM current_shadows_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'Days of current loads that stay silent because another publication answers'
