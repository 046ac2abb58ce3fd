-- Every source that current publications of actual costs are of, and the days that these have costs of, as of a moment.
SELECT
    p.source AS source,
    arraySort(groupUniqArrayIf(c.date, c.entries > 0)) AS days
FROM
(
    SELECT source, arrayJoin(emptyArrayToSingle(load_ids)) AS load_id
    FROM current_publications_as_of(moment = {moment:DateTime64(6, 'UTC')})
    WHERE dataset != 'amortized'
) AS p
LEFT JOIN
(
    SELECT load_id, date, sum(entries) AS entries
    FROM load_coverage
    GROUP BY load_id, date
) AS c ON c.load_id = p.load_id
GROUP BY source
