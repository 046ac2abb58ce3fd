-- Meters that each load shows; read the view meters
CREATE TABLE meter_slices
(
    billing_month Date COMMENT 'First day of the billing month of the run',
    load_id UUID COMMENT 'The load that showed it',
    meter_id LowCardinality(String) COMMENT 'Meter',
    meter_name SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Name of the meter',
    meter_category SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Service of the meter, such as Virtual Machines',
    meter_sub_category SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Sub category of the meter',
    meter_region SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Region of the meter\'s price',
    service_family SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Service family of the meter, such as Compute',
    unit_of_measure SimpleAggregateFunction(anyLast, LowCardinality(String)) COMMENT 'Unit of the meter\'s price, such as 10K or 100 Hours',
    first_date SimpleAggregateFunction(min, Date) COMMENT 'First day with a charge',
    last_date SimpleAggregateFunction(max, Date) COMMENT 'Last day with a charge'
)
ENGINE = AggregatingMergeTree
PARTITION BY billing_month
ORDER BY (load_id, meter_id)
COMMENT 'Meters that each load shows; read the view meters'
