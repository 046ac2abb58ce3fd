-- How many resources a work is about.
SELECT count() AS resources
FROM tracking_subjects
WHERE work_id = {work_id:UUID}
