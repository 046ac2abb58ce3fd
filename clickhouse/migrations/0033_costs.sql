-- Every cost entry that counts, now.
CREATE VIEW costs AS
SELECT *
FROM costs_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'Every cost entry that counts: one row per line of the current runs. A cost is null where the row does not carry that metric, so that sums of either metric are right over all datasets'
