-- Customers: those that the current runs name, and those of our own; our name for one goes before the file's.
SELECT
    lower(hex(MD5(concat('customer/', tenant_id)))) AS id,
    if(o.tenant_id != '', o.tenant_id, d.tenant_id) AS tenant_id,
    if(o.tenant_id != '', o.name, d.name) AS name,
    o.tenant_id != '' AS is_ours,
    multiIf({order:String} = 'name', lowerUTF8(name), tenant_id) AS sort_key,
    concatWithSeparator('\n', tenant_id, name) AS searched
FROM
(
    SELECT customer_tenant_id AS tenant_id, customer_name AS name
    FROM customers
    WHERE customer_tenant_id != ''
) AS d
FULL OUTER JOIN
(
    SELECT tenant_id, name
    FROM customer_names FINAL
    WHERE NOT removed
) AS o ON d.tenant_id = o.tenant_id
