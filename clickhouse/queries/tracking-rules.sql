-- The rules that hold, as they were written last.
SELECT id, priority, name, match, targets, valid_from, valid_to, enabled, updated_at, updated_by
FROM current_tracking_rules
WHERE {id:String} = '' OR id = {id:String}
