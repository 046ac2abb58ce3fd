-- Unusable rows are kept with their reason.
CREATE MATERIALIZED VIEW rejected_rows_from_landing TO rejected_rows AS
SELECT
    load_id,
    line,
    reject AS reason,
    reject_text AS text,
    if(dataset = 'amortized', amortized_cost_in_billing_currency, cost_in_billing_currency) AS cost,
    billing_currency
FROM cost_landing
WHERE reject != ''
