-- Customers (CSP) that each load shows; read the view customers
CREATE TABLE customer_slices
(
    billing_month Date COMMENT 'First day of the billing month of the run',
    load_id UUID COMMENT 'The load that showed it',
    customer_tenant_id LowCardinality(String) COMMENT 'Tenant of the customer (CSP)',
    customer_name SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Name of the customer (CSP)',
    partner_name SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Name of the partner (CSP)',
    first_date SimpleAggregateFunction(min, Date) COMMENT 'First day with a charge',
    last_date SimpleAggregateFunction(max, Date) COMMENT 'Last day with a charge'
)
ENGINE = AggregatingMergeTree
PARTITION BY billing_month
ORDER BY (load_id, customer_tenant_id)
COMMENT 'Customers (CSP) that each load shows; read the view customers'
