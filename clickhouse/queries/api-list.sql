-- A page of the list `listed`: what comes after an item in an order that is total, or one item by its id.
SELECT * EXCEPT (searched)
FROM listed
WHERE ({id:String} = '' OR id = {id:String})
    AND ({search:String} = '' OR positionCaseInsensitiveUTF8(searched, {search:String}) > 0)
    AND (
        {after_id:String} = ''
        OR if({descending:Bool}, (sort_key, id) < ({after_key:String}, {after_id:String}), (sort_key, id) > ({after_key:String}, {after_id:String})))
ORDER BY
    if({descending:Bool}, '', sort_key),
    if({descending:Bool}, '', id),
    sort_key DESC,
    id DESC
LIMIT {limit:UInt64}
