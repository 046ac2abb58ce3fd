-- Resources that each load shows; read the view resources
CREATE TABLE resource_slices
(
    billing_month Date COMMENT 'First day of the billing month of the run',
    load_id UUID COMMENT 'The load that showed it',
    resource_id LowCardinality(String) COMMENT 'Resource id, in lower case; empty for purchases',
    resource_name SimpleAggregateFunction(anyLast, String) COMMENT 'Name of the resource where the file gives one',
    resource_group SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Resource group, in lower case',
    resource_type SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Type of the resource as delivered',
    resource_location SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Datacenter of the resource, such as EastUS',
    subscription_id SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Subscription; empty for charges that belong to none',
    tags SimpleAggregateFunction(anyLast, Map(String, String)) COMMENT 'Tags of the resource',
    first_date SimpleAggregateFunction(min, Date) COMMENT 'First day with a charge',
    last_date SimpleAggregateFunction(max, Date) COMMENT 'Last day with a charge'
)
ENGINE = AggregatingMergeTree
PARTITION BY billing_month
ORDER BY (load_id, resource_id)
COMMENT 'Resources that each load shows; read the view resources'
