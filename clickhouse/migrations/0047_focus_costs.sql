-- Every cost entry that counts, under the column names of FOCUS 1.2, now.
CREATE VIEW focus_costs AS
SELECT *
FROM focus_costs_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'Every cost entry that counts, under the column names of FOCUS 1.2; empty or null where the export does not say'
