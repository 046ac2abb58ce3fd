-- What a reader of an evaluation's assignments has to know: the targets that its rules name, or those that hold now, and whether
-- some of its rules are limited in time.
SELECT
    arraySort(arrayDistinct(arrayConcat(
        (SELECT groupUniqArrayArray(mapKeys(targets)) FROM tracking_evaluation_rules WHERE evaluation_id = {evaluation_id:UUID}),
        (SELECT groupUniqArrayArray(mapKeys(targets)) FROM current_tracking_rules)))) AS targets,
    (
        SELECT countIf(valid_from != '1970-01-01' OR valid_to != '2149-06-06')
        FROM tracking_evaluation_rules
        WHERE evaluation_id = {evaluation_id:UUID}
    ) > 0 AS has_periods
