-- The rules that held at a moment that the caller gives: current_tracking_rules_as_of(moment = '2026-05-01 00:00:00').
-- Of two rows of one instant the one that removes counts.
CREATE VIEW current_tracking_rules_as_of AS
SELECT * EXCEPT removed
FROM
(
    SELECT *
    FROM tracking_rules
    WHERE updated_at <= {moment:DateTime64(6, 'UTC')}
    ORDER BY id, updated_at DESC, removed DESC, match, toString(targets)
    LIMIT 1 BY id
)
WHERE NOT removed
COMMENT 'The rules of resource tracking, as of a moment'
