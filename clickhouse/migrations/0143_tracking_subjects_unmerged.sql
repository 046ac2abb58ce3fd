-- What is staged for one work is read at once and dropped: merging it would take processors from the work, and nobody
-- would have anything of it.
ALTER TABLE tracking_subjects MODIFY SETTING min_parts_to_merge_at_once = 300
