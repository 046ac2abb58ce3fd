-- Conditions of an evaluation, each once however many rules have it, and how they are looked for. Case is folded here and in
-- tracking_subjects in the same way: the two forms of the small sigma are one.
CREATE TABLE tracking_atoms
(
    evaluation_id UUID COMMENT 'The evaluation',
    number UInt32 COMMENT 'Number of the condition, from 1',
    field String COMMENT 'What it looks at',
    operator LowCardinality(String) COMMENT 'equals, contains, prefix, suffix, wildcard or regex',
    value String COMMENT 'What it compares with, as written',
    column LowCardinality(String) COMMENT 'Column of tracking_subjects; tag for every tag',
    key String COMMENT 'Key of the tag as written; empty for what is no tag',
    way LowCardinality(String) COMMENT 'How it is looked for: equals, literal, wildcard or regex',
    text String COMMENT 'What is looked for, as written',
    anchor LowCardinality(String) COMMENT 'Where a literal has to stand: start, end or anywhere',
    batch UInt32 COMMENT 'Those of one batch are looked for at once',
    folded_key String DEFAULT replaceAll(lowerUTF8(key), 'ς', 'σ') COMMENT 'key in lower case',
    folded String DEFAULT replaceAll(lowerUTF8(text), 'ς', 'σ') COMMENT 'text in lower case',
    pattern String DEFAULT multiIf(way = 'regex', concat('(?i)', text), way = 'wildcard', folded, regexpQuoteMeta(folded)) COMMENT 'The regular expression that finds it'
)
ENGINE = MergeTree
PARTITION BY evaluation_id
ORDER BY (column, way, batch, number)
COMMENT 'Conditions of each evaluation of resource tracking'
