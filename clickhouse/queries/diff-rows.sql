-- How many rows only one of two sets of loads has: rows that are the same in every column are held against each other
-- one by one, wherever they stand in the files.
SELECT
    sum(greatest(toInt64(rows_after) - toInt64(rows_before), 0)) AS added,
    sum(greatest(toInt64(rows_before) - toInt64(rows_after), 0)) AS removed
FROM
(
    SELECT
        countIf(e.load_id IN {before:Array(UUID)}) AS rows_before,
        countIf(e.load_id IN {after:Array(UUID)}) AS rows_after
    FROM cost_entries AS e
    WHERE e.load_id IN {before:Array(UUID)} OR e.load_id IN {after:Array(UUID)}
    GROUP BY sipHash128(tuple(e.* EXCEPT (load_id, own_partition, line)))
)
