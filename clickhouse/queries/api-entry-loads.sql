-- The visible loads of a run's part, both as the ids of cost entries name them.
SELECT l.load_id AS load_id
FROM loads AS l FINAL
WHERE l.load_id IN (SELECT arrayJoin(argMax(load_ids, seen)) FROM visible_loads)
    AND lower(substring(hex(MD5(l.part)), 1, 8)) = {part:String}
    AND lower(hex(MD5(concatWithSeparator('/', 'snapshot', l.source, l.export, l.dataset, toString(l.billing_month), l.run_id)))) = {snapshot:String}
