-- What an actual cost is with tax, where its source says by how much.
ALTER TABLE cost_landing
    ADD COLUMN IF NOT EXISTS cost_with_tax Nullable(Decimal(76, 30)) COMMENT 'Actual cost times the tax factor of its source; empty without one' AFTER amortized_cost_in_pricing_currency
