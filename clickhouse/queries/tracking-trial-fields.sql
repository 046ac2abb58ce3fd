-- What conditions look at, of the resources of a trial: each field with its values in lower case, tags one by one.
SELECT field.1 AS name, field.2 AS values
FROM tracking_subjects
ARRAY JOIN arrayConcat(
    [
        ('last_segment', [last_segment]),
        ('resource_name', [resource_name]),
        ('resource_group', [resource_group::String]),
        ('subscription_id', [subscription_id::String]),
        ('subscription_name', [subscription_name::String]),
        ('resource_type', [resource_type::String]),
        ('region', [region::String]),
        ('meter_category', meter_category::Array(String)),
        ('cost_center', cost_center::Array(String))
    ],
    arrayMap((key, value) -> (concat('tag:', key), [value]), tag_keys, tag)) AS field
WHERE work_id = {evaluation_id:UUID} AND arrayExists(value -> value != '', field.2)
