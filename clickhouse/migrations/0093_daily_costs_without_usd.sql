-- The rollup by day with the costs that USD figures leave out. The table appears at once: with all figures that it had, and with those that
-- the lines of its loads give. A load that is not rolled up yet stays as it is.
CREATE OR REPLACE TABLE daily_costs
(
    billing_month Date COMMENT 'First day of the billing month of the run',
    load_id UUID COMMENT 'The load that the figures belong to',
    source LowCardinality(String) COMMENT 'Source that the row came from',
    dataset LowCardinality(String) COMMENT 'actual, amortized, usage or focus: which figures the file holds',
    date Date COMMENT 'Day of usage or purchase, UTC',
    billing_account_id LowCardinality(String) COMMENT 'Billing account: enrollment (EA) or account id',
    billing_currency LowCardinality(String) COMMENT 'Currency of the invoice',
    subscription_id LowCardinality(String) COMMENT 'Subscription; empty for charges that belong to none',
    service_family LowCardinality(String) COMMENT 'Service family of the meter, such as Compute',
    meter_category LowCardinality(String) COMMENT 'Service of the meter, such as Virtual Machines',
    charge_type LowCardinality(String) COMMENT 'Usage, Purchase, Refund, UnusedReservation, …',
    pricing_model LowCardinality(String) COMMENT 'OnDemand, Reservation, SavingsPlan or Spot',
    cost_in_billing_currency SimpleAggregateFunction(sum, Decimal(76, 30)) COMMENT 'Actual cost',
    amortized_cost_in_billing_currency SimpleAggregateFunction(sum, Decimal(76, 30)) COMMENT 'Amortized cost',
    cost_in_usd SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) COMMENT 'Actual cost in USD as delivered',
    amortized_cost_in_usd SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) COMMENT 'Amortized cost in USD as delivered',
    cost_without_usd SimpleAggregateFunction(sum, Decimal(76, 30)) COMMENT 'Actual cost in billing_currency of the lines that have none in USD',
    amortized_cost_without_usd SimpleAggregateFunction(sum, Decimal(76, 30)) COMMENT 'Amortized cost in billing_currency of the lines that have none in USD',
    entries SimpleAggregateFunction(sum, UInt64) COMMENT 'Number of cost entries'
)
ENGINE = AggregatingMergeTree
PARTITION BY billing_month
ORDER BY (load_id, source, dataset, date, billing_account_id, billing_currency, subscription_id, service_family, meter_category, charge_type, pricing_model)
COMMENT 'Costs by day and the dimensions that people group by, for every load; read the view costs_daily'
AS SELECT
    billing_month,
    load_id,
    source,
    dataset,
    date,
    billing_account_id,
    billing_currency,
    subscription_id,
    service_family,
    meter_category,
    charge_type,
    pricing_model,
    sum(d.cost_in_billing_currency) AS cost_in_billing_currency,
    sum(d.amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
    sum(d.cost_in_usd) AS cost_in_usd,
    sum(d.amortized_cost_in_usd) AS amortized_cost_in_usd,
    sum(d.cost_without_usd) AS cost_without_usd,
    sum(d.amortized_cost_without_usd) AS amortized_cost_without_usd,
    sum(d.entries) AS entries
FROM
(
    SELECT
        billing_month,
        load_id,
        source,
        dataset,
        date,
        billing_account_id,
        billing_currency,
        subscription_id,
        service_family,
        meter_category,
        charge_type,
        pricing_model,
        cost_in_billing_currency,
        amortized_cost_in_billing_currency,
        cost_in_usd,
        amortized_cost_in_usd,
        toDecimal256(0, 30) AS cost_without_usd,
        toDecimal256(0, 30) AS amortized_cost_without_usd,
        entries
    FROM daily_costs
    UNION ALL
    SELECT
        billing_month,
        load_id,
        source,
        dataset,
        date,
        billing_account_id,
        billing_currency,
        subscription_id,
        service_family,
        meter_category,
        charge_type,
        pricing_model,
        toDecimal256(0, 30) AS cost_in_billing_currency,
        toDecimal256(0, 30) AS amortized_cost_in_billing_currency,
        NULL AS cost_in_usd,
        NULL AS amortized_cost_in_usd,
        if(e.cost_in_usd IS NULL, e.cost_in_billing_currency, 0) AS cost_without_usd,
        if(e.amortized_cost_in_usd IS NULL, e.amortized_cost_in_billing_currency, 0) AS amortized_cost_without_usd,
        toUInt64(0) AS entries
    FROM cost_entries AS e
    WHERE load_id IN (SELECT load_id FROM daily_costs)
        AND (e.cost_in_usd IS NULL AND e.cost_in_billing_currency != 0 OR e.amortized_cost_in_usd IS NULL AND e.amortized_cost_in_billing_currency != 0)
) AS d
GROUP BY billing_month, load_id, source, dataset, date, billing_account_id, billing_currency, subscription_id, service_family, meter_category, charge_type, pricing_model
SETTINGS max_partitions_per_insert_block = 0
