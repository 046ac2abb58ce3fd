-- Everything that was ever written of a rule, the newest first.
SELECT id, priority, name, match, targets, valid_from, valid_to, enabled, removed, updated_at, updated_by
FROM tracking_rules
WHERE id = {id:String}
ORDER BY updated_at DESC, removed DESC, match, toString(targets)
