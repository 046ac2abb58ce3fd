-- Every cost entry that counts, under the column names of FOCUS 1.2, now.
-- The moment comes first in a query, so whatever it lets a reader see was written before the reader looks for it.
CREATE OR REPLACE VIEW focus_costs AS
SELECT *
FROM focus_costs_as_of(moment = (SELECT max(published_at) FROM publications))
COMMENT 'Every cost entry that counts, under the column names of FOCUS 1.2; null where the export does not say'
