-- What a line says about its resource, told out of its texts; null where that does not apply. Lines that are there
-- already tell it when they are read, so nothing is written anew.
-- Each step looks at one column of few distinct values, so that it runs once for a value of a block and not for every
-- line; what chooses between two such columns costs the most, and is done as rarely and as late as possible. Additional
-- info is looked at without the name of the machine, so that many lines have the same; that is told again and again in the
-- same words, and done once.
ALTER TABLE cost_entries
    -- Where the additional info names no size, the meter does: of two sizes the first, unless the product names one alone.
    -- Until 2018 it stood in the sub category; FOCUS has the product in the description. The last two patterns read D2s v5,
    -- NC64asT4 v3 or M96ds 2 v3 and put them together as ARM does. A size that is told stands in quotes until then, and
    -- stays as it is.
    ADD COLUMN IF NOT EXISTS vm_size LowCardinality(Nullable(String)) DEFAULT nullIf(
        replaceRegexpOne(extract(replaceOne(replaceRegexpOne(replaceRegexpAll(replaceRegexpOne(
            toLowCardinality(if(
                (extract(replaceRegexpOne(toLowCardinality(additional_info), '("V[Mm]Name"[ \\t\\r\\n]*:[ \\t\\r\\n]*")[^"\\\\\\x00-\\x1f]*"', '\\1"'), '"ServiceType"\\s*:\\s*("(?:Standard|Basic)_[A-Z][A-Za-z0-9_-]*[A-Za-z0-9]")') AS told_size) != ''
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
        '') COMMENT 'Size of the virtual machine as its ARM name, such as Standard_D2s_v5' AFTER extra,
    ADD COLUMN IF NOT EXISTS vm_family LowCardinality(Nullable(String)) ALIAS nullIf(
        replaceRegexpOne(extract(vm_size, '^[A-Za-z]+_([A-Z]+)[0-9]'), '^([DGL])S$', '\\1'),
        '') COMMENT 'Family of vm_size, such as D, E or NC' AFTER vm_size,
    -- The letters of the family and of what its sizes have in common, without those that tell its sizes apart where Microsoft
    -- counts them as one series: i for isolated, m, l and t for more or less memory, r for RDMA.
    ADD COLUMN IF NOT EXISTS vm_series LowCardinality(Nullable(String)) ALIAS nullIf(
        extract(replaceAll(replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(
            vm_size,
            '^[A-Za-z]+_([A-Z]+)[0-9]+(?:-[0-9]+)?([a-z]*)(?:_([A-Z]+[0-9]+[A-Z]?|cc))?(?:_[0-9]+)?(?:_(v[0-9]))?(?:_Promo)?$', '\\1 \\2 \\3\\4='),
            '^([A-Z]+ [a-z]*?)i', '\\1'),
            '^((?:A|B|H|M|NV) [a-z]*?)m', '\\1'),
            '^((?:B|M) [a-z]*?)[lt]', '\\1'),
            '^((?:H|NC) [a-z]*?)r', '\\1'),
            ' ', ''), '^(.+)=$'),
        '') COMMENT 'Series of vm_size, such as Dsv5, Easv5 or NCsv3' AFTER vm_family,
    ADD COLUMN IF NOT EXISTS vm_version LowCardinality(Nullable(String)) ALIAS nullIf(extract(vm_size, '_(v[0-9])'), '')
        COMMENT 'Version of vm_series, such as v5; null for a first one, which has none' AFTER vm_series,
    -- The number in a size, or the second one where its vCPUs are constrained; in the oldest series it is only a rank.
    ADD COLUMN IF NOT EXISTS vcpus Nullable(UInt16) DEFAULT nullIf(
        multiIf(
            (toUInt16OrZero(extract(
                transform(
                    replaceRegexpOne(ifNull(vm_size, ''), '^[A-Za-z]+_(?:(A)([0-9]+)|(D)S?([0-9]+)i?(?:_v2)?(?:_Promo)?|(G)S?([0-9]+))$', '\\1\\2\\3\\4\\5\\6'),
                    ['A0', 'A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7', 'A8', 'A9', 'A10', 'A11', 'D1', 'D2', 'D3', 'D4', 'D5', 'D11', 'D12', 'D13', 'D14', 'D15', 'G1', 'G2', 'G3', 'G4', 'G5'],
                    ['1', '1', '2', '4', '8', '2', '4', '8', '8', '16', '8', '16', '1', '2', '4', '8', '16', '2', '4', '8', '16', '20', '2', '4', '8', '16', '32']),
                '^(?:[A-Za-z]+_)?[A-Z]*(?:[0-9]+-)?([0-9]+)')) AS size_vcpus) > 0,
            size_vcpus,
            (toUInt16OrZero(extract(replaceRegexpOne(toLowCardinality(additional_info), '("V[Mm]Name"[ \\t\\r\\n]*:[ \\t\\r\\n]*")[^"\\\\\\x00-\\x1f]*"', '\\1"'), '"VCPUs"\\s*:\\s*"?([0-9]+)')) AS told_vcpus) > 0,
            told_vcpus,
            toUInt16OrZero(extract(meter_name, '^([0-9]+) vCPU\\b'))),
        0)
        COMMENT 'vCPUs of vm_size; where that is not known, those of the additional info or of the meter' AFTER vm_version,
    -- The additional info names it by an image, by the usage or, on nodes of AKS, by an extension; else the product or the sub
    -- category may. Silence does not mean Linux: a Windows machine with a licence of its own has the price of Linux.
    -- One number out of all that, since numbers are chosen between much faster than texts.
    ADD COLUMN IF NOT EXISTS vm_os LowCardinality(Nullable(String)) DEFAULT nullIf(
        transform(
            toLowCardinality(
                8 * match(replaceRegexpOne(toLowCardinality(additional_info), '("V[Mm]Name"[ \\t\\r\\n]*:[ \\t\\r\\n]*")[^"\\\\\\x00-\\x1f]*"', '\\1"'), '"(?:ImageType|UsageType|VMProperties)"\\s*:\\s*"[^"]*Windows')
                + 4 * match(replaceRegexpOne(toLowCardinality(additional_info), '("V[Mm]Name"[ \\t\\r\\n]*:[ \\t\\r\\n]*")[^"\\\\\\x00-\\x1f]*"', '\\1"'), '"(?:ImageType|UsageType|VMProperties)"\\s*:\\s*"[^"]*(?:Linux|Canonical|Ubuntu|Debian|Red ?Hat|RHEL|SUSE|SLES|Open ?Logic|CentOS|Oracle|CoreOS)')
                + (meter_category IN ('Virtual Machines', 'Virtual Machines Licenses', 'Virtual Machine Licenses', 'Cloud Services'))
                    * (2 * (match(product_name, 'Windows') OR match(meter_sub_category, 'Windows'))
                        + (match(product_name, 'Linux|Red ?Hat|RHEL|SUSE|Ubuntu') OR match(meter_sub_category, 'Linux|Red ?Hat|RHEL|SUSE|Ubuntu')))),
            [0, 1, 4, 5, 6, 7],
            ['', 'Linux', 'Linux', 'Linux', 'Linux', 'Linux'],
            'Windows'),
        '') COMMENT 'Windows or Linux, where the line says which' AFTER vcpus,
    ADD COLUMN IF NOT EXISTS aks_cluster LowCardinality(Nullable(String)) DEFAULT nullIf(
        extract(resource_group, '^(?i:mc)_.+_([^_]+)_[A-Za-z0-9]+$'),
        '') COMMENT 'Cluster of Azure Kubernetes Service that the node resource group is of' AFTER vm_os,
    ADD COLUMN IF NOT EXISTS aks_pool LowCardinality(Nullable(String)) DEFAULT nullIf(
        extract(resource_id, '/aks-([a-z0-9]+)-[0-9]+-(?:vmss|[0-9]+(?:/|$))'),
        '') COMMENT 'Node pool of Azure Kubernetes Service' AFTER aks_cluster,
    -- A disk is told by the sub category, anything else by the meter or, last, by the sub category: the greatest number counts.
    ADD COLUMN IF NOT EXISTS storage_tier LowCardinality(Nullable(String)) DEFAULT nullIf(
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
        '') COMMENT 'Tier of the storage, such as Hot, Archive or Premium SSD' AFTER aks_pool,
    -- As Azure names SKUs: DTUs by the meter; pools of them, and vCores with tier and hardware, by the sub category.
    ADD COLUMN IF NOT EXISTS sql_sku LowCardinality(Nullable(String)) DEFAULT if(
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
        NULL) COMMENT 'SKU of the SQL database, such as S0 or GP_Gen5' AFTER storage_tier,
    -- Tags that are told and give an empty map; additional info that is no JSON object, with or without its braces. A pattern
    -- that only plain objects have saves reading almost all of them as JSON.
    ADD COLUMN IF NOT EXISTS malformed_json LowCardinality(String) DEFAULT multiIf(
        length(tags) = 0 AND tags_text != '' AND NOT match(tags_text, '^\\s*(?:[{]\\s*[}]|null|NULL)?\\s*$'),
        'tags',
        NOT match(
                replaceRegexpOne(replaceRegexpOne(toLowCardinality(additional_info), '("V[Mm]Name"[ \\t\\r\\n]*:[ \\t\\r\\n]*")[^"\\\\\\x00-\\x1f]*"', '\\1"'), '(?s)^\\s*(?:[{](.*)[}]|([^{\\s].*))\\s*$', ',\\1\\2'),
                '^(?:,?\\s*(?:null|NULL)?\\s*|(?:,\\s*"(?:[^"\\\\\\x00-\\x1f]|\\\\["\\\\/bfnrt])*"\\s*:\\s*(?:"(?:[^"\\\\\\x00-\\x1f]|\\\\["\\\\/bfnrt])*"|-?(?:0|[1-9][0-9]{0,17})(?:[.][0-9]{1,17})?|true|false|null)\\s*)*)$')
            AND NOT isValidJSON(replaceRegexpOne(additional_info, '(?s)^\\s*([^{\\s].*)$', '{\\1}')),
        'additional_info',
        '') COMMENT 'Which of tags and additional_info cannot be read as JSON, tags first; their text is kept' AFTER sql_sku,
    ADD COLUMN IF NOT EXISTS tags_lower Map(LowCardinality(String), LowCardinality(String))
        ALIAS mapFromArrays(arrayMap(name -> lowerUTF8(name), mapKeys(tags)), mapValues(tags))
        COMMENT 'Tags by their names in lower case: tags_lower[\'env\'] is there for Env, ENV and env; of several the first one counts' AFTER tags_text,
    MODIFY COLUMN resource_name COMMENT 'Name of the resource: as delivered, of a node of AKS its own, else the end of resource_id',
    MODIFY COLUMN resource_type COMMENT 'Type in resource_id, such as microsoft.compute/virtualmachines; without one as delivered'
