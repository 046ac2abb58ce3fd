-- Rows that could not be used, with the reason and their text.
CREATE TABLE rejected_rows
(
    load_id UUID COMMENT 'The load that met the row',
    line UInt64 COMMENT 'Record number in the file, the first row after the header is 1',
    reason String COMMENT 'Column and value that cannot be used',
    text String COMMENT 'The row as CSV',
    cost Nullable(Decimal(76, 30)) COMMENT 'Cost of the row in billing_currency, where it can be read',
    billing_currency LowCardinality(String) COMMENT 'Currency of the cost'
)
ENGINE = MergeTree
PARTITION BY load_id
ORDER BY line
COMMENT 'Rows that could not be used, by load'
