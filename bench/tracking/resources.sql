-- So many resources of one load, as in a large estate: names of an application, some digits, an environment and a number; 40,000
-- resource groups, 200 subscriptions, three tags. `last_date` is the day of their newest charges.
INSERT INTO resource_slices (billing_month, load_id, resource_id, resource_name, resource_group, resource_type, resource_location, subscription_id, tags, first_date, last_date, meter_categories, cost_centers)
WITH
    ['web', 'shop', 'lake', 'etl', 'auth', 'mail', 'pay', 'report', 'search', 'cache', 'queue', 'admin', 'crm', 'erp', 'hub', 'iot', 'ml', 'batch', 'portal', 'wiki'] AS applications,
    ['prod', 'dev', 'test', 'stage'] AS environments,
    ['virtualMachines', 'disks', 'storageAccounts', 'publicIPAddresses', 'networkInterfaces', 'servers', 'vaults', 'workspaces'] AS types,
    ['Virtual Machines', 'Storage', 'Bandwidth', 'SQL Database', 'Virtual Network'] AS categories,
    applications[1 + sipHash64(number, 1) % 20] AS application,
    environments[1 + sipHash64(number, 2) % 4] AS environment,
    types[1 + sipHash64(number, 3) % 8] AS type,
    concat('rg-', application, '-', environment, '-', toString(sipHash64(number, 4) % 500)) AS group,
    concat(application, '-', substring(lower(hex(sipHash64(number))), 1, 6), '-', environment, '-', leftPad(toString(number), 7, '0')) AS name,
    concat(substring(lower(hex(sipHash64(number % 200))), 1, 8), '-0000-4000-8000-000000000000') AS subscription
SELECT
    {billing_month:Date} AS billing_month,
    {load_id:UUID} AS load_id,
    concat('/subscriptions/', subscription, '/resourcegroups/', group, '/providers/microsoft.compute/', lower(type), '/', name) AS resource_id,
    name AS resource_name,
    group AS resource_group,
    concat('Microsoft.Compute/', type) AS resource_type,
    ['westeurope', 'northeurope', 'eastus', 'westus2'][1 + sipHash64(number, 5) % 4] AS resource_location,
    subscription AS subscription_id,
    map('env', environment, 'Owner', concat('Team-', toString(sipHash64(number, 6) % 300)), 'CostCenter', toString(4000 + sipHash64(number, 7) % 1000)) AS tags,
    {billing_month:Date} AS first_date,
    {last_date:Date} AS last_date,
    [categories[1 + sipHash64(number, 8) % 5], 'Bandwidth'] AS meter_categories,
    [toString(4000 + sipHash64(number, 7) % 1000)] AS cost_centers
FROM numbers({first:UInt64}, {count:UInt64})
