-- What a reader of an evaluation's assignments has to know: the targets that its rules name, or those that hold now, whether
-- some of its rules are limited in time, and whether some of them begin or end within a month.
WITH
    (
        SELECT (
            countIf(valid_from != '1970-01-01' OR valid_to != '2149-06-06'),
            countIf(toDayOfMonth(valid_from) != 1 OR (valid_to != '2149-06-06' AND toDayOfMonth(valid_to) != 1)))
        FROM tracking_evaluation_rules
        WHERE evaluation_id = {evaluation_id:UUID}
    ) AS limited
SELECT
    arraySort(arrayDistinct(arrayConcat(
        (SELECT groupUniqArrayArray(mapKeys(targets)) FROM tracking_evaluation_rules WHERE evaluation_id = {evaluation_id:UUID}),
        (SELECT groupUniqArrayArray(mapKeys(targets)) FROM current_tracking_rules)))) AS targets,
    limited.1 > 0 AS has_periods,
    limited.2 > 0 AS changes_within_months
