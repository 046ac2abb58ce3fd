-- The newest billing month with costs; null where nothing is published.
SELECT if(count() = 0, NULL, formatDateTime(max(billing_month), '%Y-%m')) AS month
FROM costs_summary
