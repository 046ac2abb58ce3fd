-- Whether there ever were rules, options of theirs or an evaluation: answered by the tables' sizes, and so in no time.
SELECT (SELECT count() FROM tracking_rules) + (SELECT count() FROM tracking_options) + (SELECT count() FROM tracking_evaluations) > 0 AS is_used
