-- Unusable rows are kept with their reason, and with their cost only where it can be read.
ALTER TABLE rejected_rows_from_landing MODIFY QUERY
SELECT
    load_id,
    line,
    reject AS reason,
    reject_text AS text,
    reject_cost AS cost,
    billing_currency
FROM cost_landing
WHERE reject != ''
