-- What FOCUS files and amortized MCA files say beyond the columns that were there.
ALTER TABLE cost_landing
    ADD COLUMN IF NOT EXISTS amortized_cost_in_pricing_currency Nullable(Decimal(76, 30)) COMMENT 'Amortized cost in pricing_currency' AFTER cost_in_pricing_currency,
    ADD COLUMN IF NOT EXISTS focus_billing_account_id LowCardinality(String) COMMENT 'Billing account or profile that is invoiced (FOCUS)' AFTER billing_account_name,
    ADD COLUMN IF NOT EXISTS focus_billing_account_name LowCardinality(String) COMMENT 'Name of focus_billing_account_id (FOCUS)' AFTER focus_billing_account_id,
    ADD COLUMN IF NOT EXISTS resource_type_name LowCardinality(String) COMMENT 'Type of the resource in words, such as Virtual machine (FOCUS)' AFTER resource_type,
    ADD COLUMN IF NOT EXISTS service_model LowCardinality(String) COMMENT 'IaaS, PaaS or SaaS (FOCUS)' AFTER service_subcategory
