-- Resources in the current runs; where no file names one, the last word of its id does.
SELECT
    lower(hex(MD5(concat('resource/', r.resource_id)))) AS id,
    r.resource_id AS resource_id,
    if(r.resource_name = '', splitByChar('/', r.resource_id)[-1], r.resource_name) AS resource_name,
    resource_name AS name,
    r.resource_group AS resource_group,
    r.resource_location AS location,
    multiIf(
        {order:String} IN ('name', 'resource_name'), lowerUTF8(resource_name),
        {order:String} = 'resource_group', lowerUTF8(r.resource_group),
        {order:String} = 'location', lowerUTF8(r.resource_location),
        r.resource_id) AS sort_key,
    concatWithSeparator('\n', r.resource_id, resource_name, r.resource_location) AS searched
FROM resources AS r
