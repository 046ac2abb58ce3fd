-- How many changes of publications there were until a moment. What was pruned since is no change of what was there then.
SELECT count() AS changes
FROM publications
WHERE state NOT IN ('announced', 'pruned') AND published_at <= {moment:DateTime64(6, 'UTC')}
