-- What readers see now: every change of the publications ends with a row of it, so that a read need not go through them.
CREATE TABLE visible_loads
(
    seen UInt64 COMMENT 'Rows of publications that this was made of; the row with the most counts',
    moment DateTime64(6, 'UTC') COMMENT 'The moment as of which it shows the publications',
    load_ids Array(UUID) COMMENT 'Every load that readers see',
    silent_actual Array(Tuple(load_id UUID, billing_account_id String, subscription_id String, date Date)) COMMENT 'Days of these loads whose actual costs another publication answers',
    silent_amortized Array(Tuple(load_id UUID, billing_account_id String, subscription_id String, date Date)) COMMENT 'Days of these loads whose amortized costs another publication answers'
)
ENGINE = ReplacingMergeTree(seen)
ORDER BY tuple()
COMMENT 'What readers see now; the row with the greatest seen counts'
