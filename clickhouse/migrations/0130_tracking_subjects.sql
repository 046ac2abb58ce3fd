-- Resources that are being evaluated: what their newest slices say, as it is stored, and behind it what conditions look at, which is that in
-- lower case, as in tracking_atoms. Not compressed: it is read at once. Emptied when a work is over; of one that was killed its rows stay until a later prune.
CREATE TABLE tracking_subjects
(
    work_id UUID COMMENT 'The work',
    number UInt32 COMMENT 'Number of the resource in it, from 1',
    id String COMMENT 'Resource id' CODEC(NONE),
    subscription LowCardinality(String) COMMENT 'Subscription',
    fingerprint UInt64 COMMENT 'Digest of what conditions look at: another one says that the resource has changed',
    shown_by UUID COMMENT 'Load with its newest charges',
    shown_month Date COMMENT 'First day of the billing month of that load',
    name String COMMENT 'Name of the resource' CODEC(NONE),
    group LowCardinality(String) COMMENT 'Resource group',
    type LowCardinality(String) COMMENT 'Type of the resource',
    location LowCardinality(String) COMMENT 'Datacenter of the resource',
    subscription_title LowCardinality(String) COMMENT 'Name of the subscription',
    categories Array(String) COMMENT 'Services of the meters of its lines' CODEC(NONE),
    centers Array(String) COMMENT 'Cost centers of its lines' CODEC(NONE),
    tags Map(LowCardinality(String), String) COMMENT 'Tags of the resource' CODEC(NONE),
    last_segment String ALIAS replaceAll(lowerUTF8(toValidUTF8(splitByChar('/', id)[-1])), 'ς', 'σ') COMMENT 'Last segment of id',
    resource_id String ALIAS replaceAll(lowerUTF8(toValidUTF8(id)), 'ς', 'σ') COMMENT 'id',
    resource_name String ALIAS replaceAll(lowerUTF8(toValidUTF8(name)), 'ς', 'σ') COMMENT 'name',
    resource_group LowCardinality(String) ALIAS replaceAll(lowerUTF8(toValidUTF8(group)), 'ς', 'σ') COMMENT 'group',
    subscription_id LowCardinality(String) ALIAS replaceAll(lowerUTF8(toValidUTF8(subscription)), 'ς', 'σ') COMMENT 'subscription',
    subscription_name LowCardinality(String) ALIAS replaceAll(lowerUTF8(toValidUTF8(subscription_title)), 'ς', 'σ') COMMENT 'subscription_title',
    resource_type LowCardinality(String) ALIAS replaceAll(lowerUTF8(toValidUTF8(type)), 'ς', 'σ') COMMENT 'type',
    region LowCardinality(String) ALIAS replaceAll(lowerUTF8(toValidUTF8(location)), 'ς', 'σ') COMMENT 'location',
    meter_category Array(String) ALIAS arrayMap(text -> replaceAll(lowerUTF8(toValidUTF8(text)), 'ς', 'σ'), categories) COMMENT 'categories',
    meter_category_keys Array(String) ALIAS arrayMap(text -> '', categories) COMMENT 'They have none: empty texts',
    cost_center Array(String) ALIAS arrayMap(text -> replaceAll(lowerUTF8(toValidUTF8(text)), 'ς', 'σ'), centers) COMMENT 'centers',
    cost_center_keys Array(String) ALIAS arrayMap(text -> '', centers) COMMENT 'They have none: empty texts',
    tag Array(String) ALIAS arrayMap(text -> replaceAll(lowerUTF8(toValidUTF8(text)), 'ς', 'σ'), mapValues(tags)) COMMENT 'Values of tags',
    tag_keys Array(LowCardinality(String)) ALIAS arrayMap(text -> replaceAll(lowerUTF8(toValidUTF8(text)), 'ς', 'σ'), mapKeys(tags)) COMMENT 'Keys of tags'
)
ENGINE = MergeTree
PARTITION BY work_id
ORDER BY number
COMMENT 'Resources that are being evaluated at this moment'
