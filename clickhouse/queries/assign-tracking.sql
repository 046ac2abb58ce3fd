-- Which rule each of some resources of a work has, those with numbers from `first` to `last`.
-- A term is tried where the one of its conditions holds that holds least often; with one that holds nowhere it is not tried at all.
-- Candidates are compared by one number: level of the priority, rank of the field, rule, and behind them the condition, in 24, 8, 32 and 32 bits.
INSERT INTO tracking_assignments (evaluation_id, resource_id, subscription_id, fingerprint, valid_from, valid_to, rule, atom, candidates, reason, rivals, shown_by, shown_month, removed, evaluated_at)
WITH
    (SELECT any(started_at) FROM tracking_evaluations WHERE evaluation_id = {evaluation_id:UUID} AND work_id = {work_id:UUID}) AS evaluated_at,
    (
        SELECT arrayMap(one -> one.2, arraySort(groupArray((a.number, h.resources))))
        FROM (SELECT number FROM tracking_atoms WHERE evaluation_id = {evaluation_id:UUID}) AS a
        LEFT JOIN
        (
            SELECT arrayJoin(atoms) AS atom, count() AS resources
            FROM tracking_matches
            WHERE work_id = {work_id:UUID} AND number BETWEEN {first:UInt32} AND {last:UInt32}
            GROUP BY atom
        ) AS h ON h.atom = a.number
    ) AS often,
    matched AS
    (
        SELECT number, groupArrayArray(m.atoms) AS atoms
        FROM tracking_matches AS m
        WHERE work_id = {work_id:UUID} AND number BETWEEN {first:UInt32} AND {last:UInt32}
        GROUP BY number
    ),
    tried AS
    (
        SELECT
            t.rule AS rule,
            t.positives AS positives,
            t.negatives AS negatives,
            t.rank AS rank,
            t.place AS place,
            t.atom AS atom,
            r.level AS level,
            r.valid_from AS valid_from,
            r.valid_to AS valid_to,
            arraySort(number -> often[number], t.positives)[1] AS trigger
        FROM tracking_terms AS t
        INNER JOIN tracking_evaluation_rules AS r ON r.number = t.rule
        WHERE t.evaluation_id = {evaluation_id:UUID} AND r.evaluation_id = {evaluation_id:UUID} AND arrayAll(number -> often[number] > 0, t.positives)
    ),
    candidates AS
    (
        SELECT
            m.number AS number,
            t.rule AS rule,
            any(t.level) AS level,
            any(t.valid_from) AS valid_from,
            any(t.valid_to) AS valid_to,
            min(bitShiftLeft(toUInt64(t.rank), 32) + t.place) AS specificity,
            argMin(t.atom, bitShiftLeft(toUInt64(t.rank), 32) + t.place) AS atom
        FROM (SELECT number, atoms, arrayJoin(atoms) AS trigger FROM matched) AS m
        INNER JOIN tried AS t ON t.trigger = m.trigger
        WHERE hasAll(m.atoms, t.positives) AND NOT hasAny(m.atoms, t.negatives)
        GROUP BY number, rule
    ),
    ranked AS
    (
        SELECT
            number,
            countIf(NOT is_limited) AS open_count,
            groupArraySortedIf(100)(c.key, NOT is_limited) AS open,
            groupArrayIf((c.key, c.valid_from, c.valid_to), is_limited) AS limited
        FROM
        (
            SELECT
                number,
                valid_from,
                valid_to,
                valid_from != '1970-01-01' OR valid_to != '2149-06-06' AS is_limited,
                bitShiftLeft(toUInt128(level), 72) + bitShiftLeft(toUInt128(bitShiftRight(specificity, 32)), 64) + bitShiftLeft(toUInt128(rule), 32) + atom AS key
            FROM candidates
        ) AS c
        GROUP BY number
    )
SELECT * EXCEPT (limited_then, best)
FROM
(
    SELECT
        {evaluation_id:UUID} AS evaluation_id,
        s.id AS resource_id,
        s.subscription AS subscription_id,
        s.fingerprint AS fingerprint,
        arraySort(arrayDistinct(arrayFilter(day -> day < '2149-06-06', arrayConcat([toDate('1970-01-01')], r.limited.2, r.limited.3)))) AS valid_from,
        arrayPushBack(arrayPopFront(valid_from), toDate('2149-06-06')) AS valid_to,
        arrayMap(day -> arrayMap(one -> one.1, arrayFilter(one -> one.2 <= day AND day < one.3, r.limited)), valid_from) AS limited_then,
        arrayMap(keys -> if(empty(keys), r.open, arraySlice(arraySort(arrayConcat(keys, r.open)), 1, 100)), limited_then) AS best,
        arrayMap(keys -> toUInt32(bitShiftRight(keys[1], 32)), best) AS rule,
        arrayMap(keys -> toUInt32(keys[1]), best) AS atom,
        arrayMap(keys -> toUInt32(r.open_count + length(keys)), limited_then) AS candidates,
        arrayMap(
            keys -> multiIf(
                empty(keys), 'none',
                length(keys) = 1, 'only',
                bitShiftRight(keys[1], 72) < bitShiftRight(keys[2], 72), 'priority',
                bitShiftRight(keys[1], 64) < bitShiftRight(keys[2], 64), 'field',
                'id'),
            best) AS reason,
        arrayMap(keys -> if(length(keys) > 1, arrayMap(key -> (toUInt32(bitShiftRight(key, 32)), toUInt32(key)), keys), []), best) AS rivals,
        s.shown_by AS shown_by,
        s.shown_month AS shown_month,
        false AS removed,
        evaluated_at
    FROM (SELECT number, id, subscription, fingerprint, shown_by, shown_month FROM tracking_subjects WHERE work_id = {work_id:UUID} AND number BETWEEN {first:UInt32} AND {last:UInt32}) AS s
    LEFT JOIN ranked AS r ON r.number = s.number
)
SETTINGS optimize_on_insert = 0
