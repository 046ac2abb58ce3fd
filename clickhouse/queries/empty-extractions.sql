-- The months of which an API said that it has nothing when it was asked for an export's worth, and when it said so last.
-- What it said before its source was changed counts no more: it may be asked for something else now, or by somebody else.
SELECT
    dataset,
    formatDateTime(billing_month, '%Y-%m') AS month,
    toString(max(asked_at)) AS last_asked_at
FROM empty_extractions
WHERE source = {source:String}
    AND export = {export:String}
    AND asked_at > (SELECT max(updated_at) FROM sources WHERE name = {source:String})
GROUP BY dataset, billing_month
