-- Customers as we call them, beside those that partners' files name; the newest row of a tenant counts.
CREATE TABLE customer_names
(
    tenant_id String COMMENT 'Tenant of the customer, in lower case',
    name String COMMENT 'What we call it',
    removed Bool COMMENT 'Whether the name was taken back; the file\'s own shows again',
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When this row was written'
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY tenant_id
COMMENT 'Names that we gave to customers; the newest row of a tenant counts'
