-- Subscriptions in the current runs, now.
CREATE VIEW subscriptions AS
SELECT *
FROM subscriptions_as_of(moment = '2299-12-31 00:00:00')
COMMENT 'Subscriptions in the current runs'
