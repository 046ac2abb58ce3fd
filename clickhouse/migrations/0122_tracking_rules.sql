-- Rules that say whose a resource is. Rows are only added: the newest one of an id counts, the others are its history.
CREATE TABLE tracking_rules
(
    id String COMMENT 'The rule; digits or text, the smaller one wins among rules that are else equal',
    priority Int32 DEFAULT 100 COMMENT 'The smaller one wins',
    name String COMMENT 'What people call it',
    match String COMMENT 'The condition, or tree of conditions, as JSON: {"field": …, "operator": …, "value": …}, {"all": […]}, {"any": […]}, {"not": …}',
    targets Map(String, String) COMMENT 'Whose a resource is that matches: free names such as owner, application_service, cost_center',
    valid_from Nullable(Date) COMMENT 'First day of the costs that it is for; null from the beginning',
    valid_to Nullable(Date) COMMENT 'First day of the costs that it is for no more; null for ever',
    enabled Bool DEFAULT true COMMENT 'Whether it takes part',
    removed Bool DEFAULT false COMMENT 'Whether the rule was removed with this row',
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When this row was written',
    updated_by String DEFAULT currentUser() COMMENT 'Who wrote it'
)
ENGINE = MergeTree
ORDER BY (id, updated_at)
COMMENT 'Rules of resource tracking with their history; the view current_tracking_rules shows those that hold now'
