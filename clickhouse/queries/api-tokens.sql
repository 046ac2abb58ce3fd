-- Every token there was, as its newest row says, with the digest of its key and when it was last used.
SELECT
    t.token_id AS id,
    t.name AS name,
    lower(hex(t.key_sha256)) AS digest,
    t.scope AS scope,
    t.created_at AS createdAt,
    t.expires_at AS expiresAt,
    t.revoked_at AS revokedAt,
    nullIf(u.last_used, toDateTime64(0, 3, 'UTC')) AS usedAt
FROM (SELECT * FROM api_tokens FINAL) AS t
LEFT JOIN (SELECT token_id, max(used_at) AS last_used FROM api_token_uses GROUP BY token_id) AS u ON u.token_id = t.token_id
ORDER BY name, createdAt
