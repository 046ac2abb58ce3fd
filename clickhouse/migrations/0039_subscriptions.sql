-- Subscriptions in the current runs, now.
-- The moment comes first in a query, so whatever it lets a reader see was written before the reader looks for it.
CREATE VIEW subscriptions AS
SELECT *
FROM subscriptions_as_of(moment = (SELECT max(published_at) FROM publications))
COMMENT 'Subscriptions in the current runs'
