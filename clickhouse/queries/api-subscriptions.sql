-- Subscriptions in the current runs, each with its customer where a partner's file names one.
SELECT
    lower(hex(MD5(concat('subscription/', s.subscription_id)))) AS id,
    s.subscription_id AS subscription_id,
    s.name AS name,
    if(
        c.subscription_id = '',
        NULL,
        CAST((c.id, c.tenant_id, c.name), 'Tuple(id String, tenant_id String, name String)')::Variant(Tuple(id String, tenant_id String, name String))
    ) AS customer,
    multiIf({order:String} = 'name', lowerUTF8(s.name), s.subscription_id) AS sort_key,
    concatWithSeparator('\n', s.subscription_id, s.name, c.name) AS searched
FROM
(
    SELECT subscription_id, argMax(subscription_name, last_date) AS name
    FROM subscriptions
    GROUP BY subscription_id
) AS s
LEFT JOIN customer_of_subscriptions AS c ON c.subscription_id = s.subscription_id
