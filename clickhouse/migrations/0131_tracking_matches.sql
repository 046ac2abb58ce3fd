-- Which conditions hold for which of the resources that are being evaluated; a resource has several rows.
CREATE TABLE tracking_matches
(
    work_id UUID COMMENT 'The work',
    number UInt32 COMMENT 'Number of the resource in tracking_subjects',
    atoms Array(UInt32) COMMENT 'Numbers of conditions in tracking_atoms; 0 holds for every resource'
)
ENGINE = MergeTree
PARTITION BY work_id
ORDER BY number
COMMENT 'Conditions that hold for the resources that are being evaluated at this moment'
