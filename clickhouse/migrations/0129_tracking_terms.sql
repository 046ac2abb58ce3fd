-- Rules of an evaluation as alternatives: a rule matches where one of its terms does.
CREATE TABLE tracking_terms
(
    evaluation_id UUID COMMENT 'The evaluation',
    rule UInt32 COMMENT 'Number of the rule',
    positives Array(UInt32) COMMENT 'Conditions that all have to hold',
    negatives Array(UInt32) COMMENT 'Conditions of which none may hold',
    rank UInt8 COMMENT 'How specific its most specific field is, the smaller number wins; 255 without positives',
    place UInt32 COMMENT 'Place of that condition in the rule',
    atom UInt32 COMMENT 'That condition; 0 without positives'
)
ENGINE = MergeTree
PARTITION BY evaluation_id
ORDER BY rule
COMMENT 'Rules of each evaluation of resource tracking as alternatives'
