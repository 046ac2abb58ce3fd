-- What is staged for one work is read at once and dropped: merging it takes a third of the time of a work, and nobody has anything of it.
ALTER TABLE tracking_subjects MODIFY SETTING min_parts_to_merge_at_once = 300
