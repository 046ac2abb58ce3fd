-- When tokens were last used: apart from the tokens themselves, so that noting a use can never bring a revoked one back.
CREATE TABLE api_token_uses
(
    token_id UUID COMMENT 'The token',
    used_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When it was last used, to the minute or so'
)
ENGINE = AggregatingMergeTree
ORDER BY token_id
COMMENT 'When tokens were last used'
