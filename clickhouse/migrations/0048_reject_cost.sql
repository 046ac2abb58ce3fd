-- The cost of a refused row, apart from the amount that is 0 where its text is no number.
ALTER TABLE cost_landing ADD COLUMN IF NOT EXISTS reject_cost Nullable(Decimal(76, 30)) COMMENT 'Cost of a refused row; empty where it cannot be read'
