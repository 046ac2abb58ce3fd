-- The lines of the page `cost_lines` as cost entries of the HTTP service, in the order of the page. An id is made of the run,
-- the file and the record's number; a copy of surviving days may hold the same number of several files, so there the
-- record itself has its part in it.
SELECT
    concat(
        s.id, '-', lower(substring(hex(MD5(l.part)), 1, 8)), '-', toString(e.line),
        if(l.is_copy, concat('-', lower(hex(sipHash64(e.date, e.resource_id, e.meter_id, e.charge_type, toString(e.cost_in_billing_currency), toString(e.quantity))))), '')
    ) AS id,
    e.date AS date,
    if(
        e.subscription_id = '',
        NULL,
        CAST(
            (
                lower(hex(MD5(concat('subscription/', e.subscription_id)))),
                e.subscription_id,
                e.subscription_name,
                if(
                    e.customer_tenant_id = '',
                    NULL,
                    CAST(
                        (lower(hex(MD5(concat('customer/', e.customer_tenant_id)))), e.customer_tenant_id, if(n.tenant_id != '', n.name, e.customer_name)),
                        'Tuple(id String, tenant_id String, name String)')::Variant(Tuple(id String, tenant_id String, name String)))
            ),
            'Tuple(id String, subscription_id String, name String, customer Variant(Tuple(id String, tenant_id String, name String)))'
        )::Variant(Tuple(id String, subscription_id String, name String, customer Variant(Tuple(id String, tenant_id String, name String))))
    ) AS subscription,
    if(
        e.resource_id = '',
        NULL,
        CAST(
            (lower(hex(MD5(concat('resource/', e.resource_id)))), e.resource_id, e.resource_name, e.resource_name, e.resource_group, e.resource_location),
            'Tuple(id String, resource_id String, resource_name String, name String, resource_group String, location String)'
        )::Variant(Tuple(id String, resource_id String, resource_name String, name String, resource_group String, location String))
    ) AS resource,
    if(
        e.meter_id = '',
        NULL,
        CAST(
            (lower(hex(MD5(concat('meter/', e.meter_id)))), e.meter_id, e.meter_name, e.meter_category, e.meter_sub_category, e.service_family, e.unit_of_measure),
            'Tuple(id String, meter_id String, name String, category String, subcategory String, service_family String, unit String)'
        )::Variant(Tuple(id String, meter_id String, name String, category String, subcategory String, service_family String, unit String))
    ) AS meter,
    CAST(
        (s.id, s.run_id, s.report_date, s.file_name, s.status, s.created_at, s.source, s.note),
        'Tuple(id String, run_id String, report_date Date, file_name String, status String, created_at DateTime64(6, \'UTC\'), source String, note String)'
    ) AS snapshot,
    e.actual_usd AS cost_in_usd,
    e.cost_in_billing_currency AS cost_in_billing_currency,
    e.billing_currency AS billing_currency,
    e.quantity AS quantity,
    e.unit_price AS unit_price,
    e.payg_price AS payg_price,
    e.pricing_model AS pricing_model,
    e.charge_type AS charge_type,
    e.publisher_name AS publisher_name,
    e.cost_center AS cost_center,
    e.tags AS tags
FROM (SELECT *, rowNumberInAllBlocks() AS place FROM cost_lines) AS e
LEFT JOIN
(
    SELECT load_id, source, export, dataset, billing_month, run_id, part, notEmpty(copied_from) AS is_copy
    FROM loads FINAL
) AS l ON l.load_id = e.load_id
LEFT JOIN snapshots AS s
    ON s.source = l.source AND s.export = l.export AND s.dataset = l.dataset AND s.billing_month = l.billing_month AND s.run_id = l.run_id
LEFT JOIN
(
    SELECT tenant_id, name
    FROM customer_names FINAL
    WHERE NOT removed
) AS n ON n.tenant_id = e.customer_tenant_id
WHERE {record:String} = '' OR endsWith(id, {record:String})
ORDER BY place
