-- Evaluations of the rules, and the works that they are made of: the first one is over all resources and bears the evaluation's id,
-- later ones add those that are new or have changed. What a work has found is seen once its row says that it is finished.
CREATE TABLE tracking_evaluations
(
    evaluation_id UUID COMMENT 'The evaluation',
    work_id UUID COMMENT 'The work; of an evaluation over all resources the same as evaluation_id',
    kind LowCardinality(String) COMMENT 'whole, extension (of what has changed since), or trial (of rules that do not hold, seen in no view)',
    state LowCardinality(String) COMMENT 'started, finished or dropped (its rows are gone)',
    started_at DateTime64(6, 'UTC') COMMENT 'When it began: of the finished ones the last to begin is the one that counts',
    rules_version String COMMENT 'Which rules and options there were when it began',
    fallback LowCardinality(String) COMMENT 'What a resource without a rule is given: none, or last_segment',
    load_ids Array(UUID) COMMENT 'The loads whose resources it is about',
    rules UInt32 COMMENT 'Rules that took part',
    broken_rules Array(Tuple(id String, reason String)) COMMENT 'The first 100 rules that could not take part, and why',
    resources UInt64 COMMENT 'Resources that it was about',
    assigned UInt64 COMMENT 'Those that a rule was found for',
    conflicts UInt64 COMMENT 'Those with more than one candidate',
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When this row was written'
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (evaluation_id, work_id)
TTL toDateTime(updated_at) + INTERVAL 90 DAY DELETE WHERE state = 'dropped'
COMMENT 'Evaluations of the rules of resource tracking; the newest row of a work counts'
