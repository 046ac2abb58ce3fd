-- Who may call the HTTP service: every change of a token is another row, and the newest of a name counts. Keys are kept nowhere.
CREATE TABLE api_tokens
(
    name String COMMENT 'What the token is called; of tokens of one name the one that was made last',
    token_id UUID COMMENT 'The token; a new one of the same name has another',
    key_sha256 FixedString(32) COMMENT 'SHA-256 of its key, which is 256 random bits and shown once',
    scope LowCardinality(String) COMMENT 'read, write (which may read, too) or admin (which may write, too)',
    created_at DateTime64(6, 'UTC') COMMENT 'When it was made',
    expires_at Nullable(DateTime64(6, 'UTC')) COMMENT 'From when on it is refused; null where it does not end by itself',
    revoked_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Since when it is refused; null where it was not revoked',
    changed_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When this row was written'
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY token_id
COMMENT 'Who may call the HTTP service; the newest row of a token counts'
