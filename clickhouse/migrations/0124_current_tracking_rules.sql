-- The rules that hold now.
CREATE VIEW current_tracking_rules AS
SELECT *
FROM current_tracking_rules_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'The rules of resource tracking that were not removed'
