-- Which rule a resource has in the evaluation that holds now, with a row for every period.
SELECT
    resource_id,
    if(valid_from = toDate('1970-01-01'), NULL, valid_from) AS first_day,
    if(valid_to = toDate('2149-06-06'), NULL, valid_to) AS end_day,
    rule_id,
    rule_name,
    targets,
    matched_field,
    matched_operator,
    matched_text,
    candidates
FROM resource_tracking
WHERE resource_id = {resource_id:String}
ORDER BY valid_from
