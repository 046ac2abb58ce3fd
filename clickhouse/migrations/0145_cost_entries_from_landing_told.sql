-- What a line says about its resource is told here, by the expressions that are the columns' defaults in cost_entries: where
-- defaults are filled in, the engine works out all branches of a condition for every line, and the same text once for each
-- column. Lines that are there already have them by their defaults.
ALTER TABLE cost_entries_from_landing MODIFY QUERY
WITH
    -- without the name of the machine, so that many lines have the same
    replaceRegexpOne(toLowCardinality(additional_info), '("V[Mm]Name"[ \\t\\r\\n]*:[ \\t\\r\\n]*")[^"\\\\\\x00-\\x1f]*"', '\\1"') AS info
SELECT
    load_id,
    source,
    dataset,
    billing_month,
    own_partition,
    line,
    date,
    cost_in_billing_currency,
    amortized_cost_in_billing_currency,
    cost_in_usd,
    amortized_cost_in_usd,
    cost_in_pricing_currency,
    amortized_cost_in_pricing_currency,
    cost_with_tax,
    payg_cost_in_billing_currency,
    payg_cost_in_usd,
    contracted_cost_in_billing_currency,
    contracted_cost_in_usd,
    billing_currency,
    pricing_currency,
    exchange_rate_pricing_to_billing,
    exchange_rate_date,
    quantity,
    pricing_quantity,
    unit_of_measure,
    consumed_unit,
    pricing_unit,
    pricing_block_size,
    effective_price,
    unit_price,
    payg_price,
    billed_unit_price,
    billing_account_id,
    billing_account_name,
    focus_billing_account_id,
    focus_billing_account_name,
    billing_account_type,
    billing_profile_id,
    billing_profile_name,
    billing_period_start_date,
    billing_period_end_date,
    service_period_start_date,
    service_period_end_date,
    charge_period_end_date,
    invoice_id,
    previous_invoice_id,
    invoice_issuer_id,
    invoice_issuer_name,
    invoice_section_id,
    invoice_section_name,
    account_id,
    account_name,
    account_owner_id,
    cost_center,
    cost_allocation_rule_name,
    subscription_id,
    subscription_name,
    sub_account_type,
    resource_group,
    resource_id,
    multiIf(
        position(l.resource_id, 'aks-') > 0 AND match(l.resource_id, '/microsoft[.]compute/virtualmachine(?:s|scalesets)/')
            AND extract(l.additional_info, '"V[Mm]Name"\\s*:\\s*"([^"]+)"') != '',
        extract(l.additional_info, '"V[Mm]Name"\\s*:\\s*"([^"]+)"'),
        l.resource_name != '',
        l.resource_name,
        extract(l.resource_id, '[^/]*$')) AS resource_name,
    if(
        position(l.resource_id, '/providers/') > 0,
        replaceRegexpOne(
            replaceRegexpAll(
                replaceRegexpOne(
                    replaceRegexpOne(l.resource_id, '^/subscriptions/[^/]*/resourcegroups/[^/]*/providers/([^/]+/[^/]+)/[^/]*$', '\\1'),
                    '^.*?/providers/', '='),
                '(/providers/[^/]+)|(/[^/]+)/[^/]*', '\\1\\2'),
            '^=(?:.*/providers/)?', ''),
        l.resource_type) AS resource_type,
    resource_type_name,
    resource_location,
    location,
    availability_zone,
    meter_id,
    meter_name,
    meter_category,
    meter_sub_category,
    meter_region,
    service_family,
    service_name,
    service_tier,
    service_category,
    service_subcategory,
    service_model,
    consumed_service,
    product_id,
    product_name,
    product_order_id,
    product_order_name,
    publisher_type,
    publisher_id,
    publisher_name,
    charge_type,
    charge_class,
    charge_description,
    frequency,
    pricing_model,
    pricing_category,
    pricing_subcategory,
    reservation_id,
    reservation_name,
    benefit_id,
    benefit_name,
    commitment_discount_category,
    commitment_discount_status,
    commitment_discount_type,
    commitment_discount_quantity,
    commitment_discount_unit,
    capacity_reservation_id,
    capacity_reservation_status,
    term,
    offer_id,
    part_number,
    plan_name,
    sku_id,
    sku_price_id,
    sku_price_details,
    is_azure_credit_eligible,
    service_info1,
    service_info2,
    additional_info,
    tags,
    tags_text,
    reseller_name,
    reseller_mpn_id,
    partner_tenant_id,
    partner_name,
    customer_tenant_id,
    customer_name,
    partner_earned_credit_rate,
    partner_earned_credit_applied,
    provider,
    extra,
    nullIf(
        replaceRegexpOne(extract(replaceOne(replaceRegexpOne(replaceRegexpAll(replaceRegexpOne(
            toLowCardinality(if(
                (extract(info, '"ServiceType"\\s*:\\s*("(?:Standard|Basic)_[A-Z][A-Za-z0-9_-]*[A-Za-z0-9]")') AS told_size) != ''
                    OR NOT (meter_category IN ('Virtual Machines', 'Virtual Machines Licenses', 'Virtual Machine Licenses', 'Cloud Services')
                        OR (meter_category = '' AND service_name = 'Virtual Machines')),
                told_size,
                multiIf(
                    position(meter_sub_category, 'A Series Basic') > 0 AND match(meter_name, '^A[0-9]'),
                    replaceRegexpOne(meter_name, '^', 'Basic '),
                    position(meter_name, '/') > 0 AND (extract(product_name, ' - ([A-Z]{1,3}[0-9][^/]*?)(?: - |$)') AS lone_size) != '',
                    lone_size,
                    match(meter_name, '^(?:Standard[ _])?[A-Z]{1,3}[0-9]'),
                    meter_name,
                    (extract(meter_sub_category, '^(?:Standard|Basic)_[A-Z][A-Za-z0-9_-]*') AS former_size) != '',
                    former_size,
                    product_name != '',
                    extract(product_name, ' - ((?:(?:Standard|Basic)_)?[A-Z]{1,3}[0-9].*?)(?: - | VM|$)'),
                    extract(charge_description, ' - ((?:(?:Standard|Basic)_)?[A-Z]{1,3}[0-9].*?)(?: - | VM|$)')))),
            '^(?:(Standard|Basic)[ _])?([A-Z]{1,3}[0-9]{1,4}(?:-[0-9]{1,3})?[a-z]*?)(?:[ _]?([A-Z]{1,2}[0-9]{1,3}[A-Z]?|cc)|[ _]([0-9]{1,2}))?(?:[ _]?(v[0-9]))?(?:[ _](Promo))?(?:/.*)?(?: Spot| Low Priority)?(?: - .*)?$',
            '"\\1_\\2_\\3\\4_\\5_\\6"'), '__+', '_'), '^"_', '"Standard_'), '_ND96asr_A100_v4', '_ND96asr_v4'), '^"(.+?)_?"$'), '_V([0-9])$', '_v\\1'),
        '') AS vm_size,
    nullIf(
        multiIf(
            (toUInt16OrZero(extract(
                transform(
                    replaceRegexpOne(ifNull(vm_size, ''), '^[A-Za-z]+_(?:(A)([0-9]+)|(D)S?([0-9]+)i?(?:_v2)?(?:_Promo)?|(G)S?([0-9]+))$', '\\1\\2\\3\\4\\5\\6'),
                    ['A0', 'A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7', 'A8', 'A9', 'A10', 'A11', 'D1', 'D2', 'D3', 'D4', 'D5', 'D11', 'D12', 'D13', 'D14', 'D15', 'G1', 'G2', 'G3', 'G4', 'G5'],
                    ['1', '1', '2', '4', '8', '2', '4', '8', '8', '16', '8', '16', '1', '2', '4', '8', '16', '2', '4', '8', '16', '20', '2', '4', '8', '16', '32']),
                '^(?:[A-Za-z]+_)?[A-Z]*(?:[0-9]+-)?([0-9]+)')) AS size_vcpus) > 0,
            size_vcpus,
            (toUInt16OrZero(extract(info, '"VCPUs"\\s*:\\s*"?([0-9]+)')) AS told_vcpus) > 0,
            told_vcpus,
            toUInt16OrZero(extract(meter_name, '^([0-9]+) vCPU\\b'))),
        0) AS vcpus,
    nullIf(
        transform(
            toLowCardinality(
                8 * match(info, '"(?:ImageType|UsageType|VMProperties)"\\s*:\\s*"[^"]*Windows')
                + 4 * match(info, '"(?:ImageType|UsageType|VMProperties)"\\s*:\\s*"[^"]*(?:Linux|Canonical|Ubuntu|Debian|Red ?Hat|RHEL|SUSE|SLES|Open ?Logic|CentOS|Oracle|CoreOS)')
                + (meter_category IN ('Virtual Machines', 'Virtual Machines Licenses', 'Virtual Machine Licenses', 'Cloud Services'))
                    * (2 * (match(product_name, 'Windows') OR match(meter_sub_category, 'Windows'))
                        + (match(product_name, 'Linux|Red ?Hat|RHEL|SUSE|Ubuntu') OR match(meter_sub_category, 'Linux|Red ?Hat|RHEL|SUSE|Ubuntu')))),
            [0, 1, 4, 5, 6, 7],
            ['', 'Linux', 'Linux', 'Linux', 'Linux', 'Linux'],
            'Windows'),
        '') AS vm_os,
    nullIf(
        extract(resource_group, '^(?i:mc)_.+_([^_]+)_[A-Za-z0-9]+$'),
        '') AS aks_cluster,
    nullIf(
        extract(resource_id, '/aks-([a-z0-9]+)-[0-9]+-(?:vmss|[0-9]+(?:/|$))'),
        '') AS aks_pool,
    nullIf(
        transform(
            toLowCardinality((meter_category IN ('Storage', 'Azure NetApp Files')) * greatest(
                transform(
                    extract(meter_sub_category, 'Premium SSD v2|Premium SSD|Standard SSD|Standard HDD|Ultra Disk|^Premium\\b|^Standard\\b'),
                    ['Premium SSD v2', 'Premium SSD', 'Standard SSD', 'Standard HDD', 'Ultra Disk', 'Premium', 'Standard'], [14, 13, 12, 11, 10, 2, 1], 0),
                transform(
                    extract(meter_name, '^(?:Hot|Cool|Cold|Archive|Premium|Standard|Ultra)\\b'),
                    ['Hot', 'Cool', 'Cold', 'Archive', 'Premium', 'Standard', 'Ultra'], [9, 8, 7, 6, 5, 4, 3], 0))),
            [14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
            ['Premium SSD v2', 'Premium SSD', 'Standard SSD', 'Standard HDD', 'Ultra Disk', 'Hot', 'Cool', 'Cold', 'Archive', 'Premium', 'Standard', 'Ultra', 'Premium', 'Standard'],
            ''),
        '') AS storage_tier,
    if(
        meter_category IN ('SQL Database', 'SQL Managed Instance', 'Azure Database for MySQL', 'Azure Database for PostgreSQL', 'Azure Database for MariaDB'),
        coalesce(
            nullIf(replaceRegexpOne(extract(meter_name, '([SP][0-9]+|\\bB) (?:Secondary Active )?DTUs?$'), '^B$', 'Basic'), ''),
            nullIf(
                extract(replaceRegexpAll(replaceOne(replaceOne(replaceOne(replaceOne(replaceOne(
                    replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(
                    meter_sub_category,
                    '^.*\\bElastic Pool - (Basic|Standard|Premium)$', '=\\1Pool='),
                    '^.*?(Managed Instance )?(General Purpose|Business Critical|Hyperscale|Memory Optimized|Basic)(?: - (S)erverless)? - (?:Compute )?(Gen[0-9]|FSv2|M|DC|Premium)(?:[ -][Ss]eries)?( Memory Optimized)?(?: Compute)?$', '=\\2_\\3_\\1\\4\\5='),
                    '^=General Purpose_', '=GP_'),
                    '^=Business Critical_', '=BC_'),
                    '^=Hyperscale_', '=HS_'),
                    '^=Memory Optimized_', '=MO_'),
                    '^=Basic_', '=B_'),
                    'Managed Instance Premium Memory Optimized', 'G8IH'),
                    'Managed Instance Premium', 'G8IM'),
                    'Premium Memory Optimized', 'MOPRMS'),
                    '_Premium', '_PRMS'),
                    'FSv2', 'Fsv2'),
                    '_+(?:Managed Instance )?', '_'), '^=([^=]+)=$'),
                '')),
        NULL) AS sql_sku,
    multiIf(
        length(tags) = 0 AND tags_text != '' AND NOT match(tags_text, '^\\s*(?:[{]\\s*[}]|null|NULL)?\\s*$'),
        'tags',
        NOT match(
                replaceRegexpOne(info, '(?s)^\\s*(?:[{](.*)[}]|([^{\\s].*))\\s*$', ',\\1\\2'),
                '^(?:,?\\s*(?:null|NULL)?\\s*|(?:,\\s*"(?:[^"\\\\\\x00-\\x1f]|\\\\["\\\\/bfnrt])*"\\s*:\\s*(?:"(?:[^"\\\\\\x00-\\x1f]|\\\\["\\\\/bfnrt])*"|-?(?:0|[1-9][0-9]{0,17})(?:[.][0-9]{1,17})?|true|false|null)\\s*)*)$')
            AND NOT isValidJSON(replaceRegexpOne(additional_info, '(?s)^\\s*([^{\\s].*)$', '{\\1}')),
        'additional_info',
        '') AS malformed_json
FROM cost_landing AS l
WHERE reject = ''
