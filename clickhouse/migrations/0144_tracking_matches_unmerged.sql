-- The same for what is found about them.
ALTER TABLE tracking_matches MODIFY SETTING min_parts_to_merge_at_once = 300
