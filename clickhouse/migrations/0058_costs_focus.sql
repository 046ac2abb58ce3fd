-- Every cost entry that counts, now: again, since the columns of a view stay as they were when it was made.
-- The moment comes first in a query, so whatever it lets a reader see was written before the reader looks for it.
CREATE OR REPLACE VIEW costs AS
SELECT *
FROM costs_as_of(moment = (SELECT max(published_at) FROM publications))
COMMENT 'Every cost entry that counts: one row per line of the current runs. A cost is null where the row does not carry that metric, so that sums of either metric are right over all datasets'
