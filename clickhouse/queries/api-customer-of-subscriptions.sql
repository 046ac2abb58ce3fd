-- The customer of each subscription that a partner's file names one for, by the newest line.
SELECT
    l.subscription_id AS subscription_id,
    lower(hex(MD5(concat('customer/', l.tenant_id)))) AS id,
    l.tenant_id AS tenant_id,
    if(o.tenant_id != '', o.name, l.name) AS name
FROM
(
    SELECT
        subscription_id,
        argMax((customer_tenant_id, customer_name), date) AS newest,
        newest.1 AS tenant_id,
        newest.2 AS name
    FROM costs
    WHERE customer_tenant_id != ''
    GROUP BY subscription_id
) AS l
LEFT JOIN
(
    SELECT tenant_id, name
    FROM customer_names FINAL
    WHERE NOT removed
) AS o ON o.tenant_id = l.tenant_id
