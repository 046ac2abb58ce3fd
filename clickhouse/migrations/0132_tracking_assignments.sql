-- Which rule a resource has in an evaluation. The days of the costs are divided into periods where rules are limited in time, else
-- there is one; the arrays go over them, without gaps. The row of the work that began last counts.
CREATE TABLE tracking_assignments
(
    evaluation_id UUID COMMENT 'The evaluation',
    resource_id String COMMENT 'The resource',
    subscription_id LowCardinality(String) COMMENT 'Its subscription',
    fingerprint UInt64 COMMENT 'Digest of what conditions looked at',
    valid_from Array(Date) COMMENT 'First day of each period; 1970-01-01 for all before',
    valid_to Array(Date) COMMENT 'First day behind each period; 2149-06-06 for all after',
    rule Array(UInt32) COMMENT 'Number of the rule that won; 0 where none matches',
    atom Array(UInt32) COMMENT 'The most specific condition by which it matched; 0 where only conditions that are negated matched',
    candidates Array(UInt32) COMMENT 'How many rules matched',
    reason Array(LowCardinality(String)) COMMENT 'Why that rule won: only (no other matched), priority, field (the more specific one matched) or id; none where none matches',
    rivals Array(Array(Tuple(rule UInt32, atom UInt32))) COMMENT 'Where several matched: the first 100 of them in the order in which they win',
    shown_by UUID COMMENT 'Load with the newest charges of the resource',
    shown_month Date COMMENT 'First day of the billing month of that load',
    removed Bool COMMENT 'Whether no load that readers see has the resource any more',
    evaluated_at DateTime64(6, 'UTC') COMMENT 'When the work began that wrote this row'
)
ENGINE = ReplacingMergeTree(evaluated_at)
PARTITION BY evaluation_id
ORDER BY (evaluation_id, resource_id)
COMMENT 'The rule of each resource in each evaluation; read the view resource_tracking'
