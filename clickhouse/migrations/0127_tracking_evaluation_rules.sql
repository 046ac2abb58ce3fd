-- The rules as an evaluation took them: what it found stays explained when they change.
CREATE TABLE tracking_evaluation_rules
(
    evaluation_id UUID COMMENT 'The evaluation',
    number UInt32 COMMENT 'Number of the rule, from 1 in the order in which rules win',
    level UInt32 COMMENT 'Number of its priority, from 1',
    rule_id String COMMENT 'The rule',
    priority Int32 COMMENT 'The smaller one wins',
    name String COMMENT 'What people call it',
    match String COMMENT 'Its conditions as JSON',
    targets Map(String, String) COMMENT 'Whose a resource is that matches',
    valid_from Date COMMENT 'First day of the costs that it is for; 1970-01-01 for all before',
    valid_to Date COMMENT 'First day that it is for no more; 2149-06-06 for all after'
)
ENGINE = MergeTree
PARTITION BY evaluation_id
ORDER BY number
COMMENT 'The rules of each evaluation of resource tracking'
