-- What the newest lines call each subscription, as of a moment.
SELECT subscription_id, argMax(subscription_name, last_date) AS name
FROM subscriptions_as_of(moment = {moment:DateTime64(6, 'UTC')})
GROUP BY subscription_id
