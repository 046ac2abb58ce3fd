-- Meters in the current runs.
SELECT
    lower(hex(MD5(concat('meter/', m.meter_id)))) AS id,
    m.meter_id AS meter_id,
    m.meter_name AS name,
    m.meter_category AS category,
    m.meter_sub_category AS subcategory,
    m.service_family AS service_family,
    m.unit_of_measure AS unit,
    multiIf(
        {order:String} = 'name', lowerUTF8(m.meter_name),
        {order:String} = 'category', lowerUTF8(m.meter_category),
        {order:String} = 'subcategory', lowerUTF8(m.meter_sub_category),
        {order:String} = 'service_family', lowerUTF8(m.service_family),
        m.meter_id) AS sort_key,
    concatWithSeparator('\n', m.meter_id, m.meter_name, m.meter_category, m.meter_sub_category, m.service_family) AS searched
FROM meters AS m
