-- What a reader of the tables has to know of a set: whether days of some loads are silent, whether every entry's date is in
-- its billing month, two of the currencies that are billed in, and the first of its loads. No row where the set is not the current one any more.
WITH
    (SELECT argMax((seen, load_ids, silent_actual, silent_amortized), seen) FROM visible_loads) AS visible,
    (
        SELECT count()
        FROM load_coverage
        WHERE load_id IN (SELECT arrayJoin(visible.2)) AND toStartOfMonth(date) != billing_month
    ) AS strays,
    (SELECT groupUniqArray(2)(toString(billing_currency)) FROM monthly_costs WHERE load_id IN (SELECT arrayJoin(visible.2))) AS billed
SELECT notEmpty(visible.3) OR notEmpty(visible.4) AS has_silence, strays = 0 AS dates_follow_months, billed AS currencies,
    arraySlice(visible.2, 1, {most_named:UInt32}) AS named_loads, length(visible.2) AS loads
WHERE visible.1 = {seen:UInt64}
