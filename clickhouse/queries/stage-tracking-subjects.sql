-- The resources that a work is about, each with what the newest of its slices says: all that the loads of the work show; or those of
-- loads that its evaluation has not seen, or that are gone since, as far as they have changed; or those that are named. `columns` are
-- those that conditions look at; what none looks at stays empty.
-- Another work that has begun since the last one that was finished may be under way still, or was killed. What it has written or will
-- write of loads that it sees otherwise counts less than what is written here: so that is written even where nothing has changed.
INSERT INTO tracking_subjects (work_id, number, id, subscription, fingerprint, shown_by, shown_month, name, group, type, location, subscription_title, categories, centers, tags)
WITH
    (SELECT (argMax(load_ids, updated_at), any(started_at)) FROM tracking_evaluations WHERE evaluation_id = {evaluation_id:UUID} AND work_id = {work_id:UUID}) AS work,
    work.1 AS visible,
    (SELECT (argMax(work_id, started_at), max(started_at)) FROM tracking_evaluations WHERE evaluation_id = {evaluation_id:UUID} AND state = 'finished' AND started_at < work.2) AS last,
    (SELECT any(load_ids) FROM tracking_evaluations WHERE evaluation_id = {evaluation_id:UUID} AND work_id = last.1 AND state = 'finished') AS seen,
    (
        SELECT groupUniqArrayArray(arraySymmetricDifference(load_ids, visible))
        FROM tracking_evaluations
        WHERE evaluation_id = {evaluation_id:UUID} AND work_id != {work_id:UUID} AND state = 'started' AND started_at > last.2 AND started_at < work.2
    ) AS doubtful,
    (
        SELECT (groupArray(subscription_id), groupArray(subscription_name))
        FROM
        (
            SELECT subscription_id, argMax(n.subscription_name, (n.last_date, n.load_id)) AS subscription_name
            FROM subscription_slices AS n
            WHERE load_id IN (visible) AND has({columns:Array(String)}, 'subscription_name')
            GROUP BY subscription_id
        )
    ) AS subscriptions,
    (
        SELECT groupArray(subscription_id)
        FROM
        (
            SELECT subscription_id
            FROM subscription_slices AS n
            WHERE load_id IN (arrayConcat(visible, seen)) AND has({columns:Array(String)}, 'subscription_name') AND {scope:String} = 'changed'
            GROUP BY subscription_id
            HAVING argMaxIf(n.subscription_name, (n.last_date, n.load_id), n.load_id IN (visible)) != argMaxIf(n.subscription_name, (n.last_date, n.load_id), n.load_id IN (seen))
        )
    ) AS renamed
SELECT
    {work_id:UUID} AS work_id,
    rowNumberInAllBlocks() + 1 AS number,
    id,
    subscription,
    cityHash64(name, group, type, location, subscription, subscription_title, categories, centers, mapKeys(tags), mapValues(tags)) AS fingerprint,
    shown_by,
    shown_month,
    name,
    group,
    type,
    location,
    subscription_title,
    categories,
    centers,
    tags
FROM
(
    SELECT
        s.resource_id AS id,
        s.subscription_id AS subscription,
        s.load_id AS shown_by,
        s.billing_month AS shown_month,
        if(has({columns:Array(String)}, 'resource_name'), s.resource_name, '') AS name,
        if(has({columns:Array(String)}, 'resource_group'), s.resource_group, '') AS group,
        if(has({columns:Array(String)}, 'resource_type'), s.resource_type, '') AS type,
        if(has({columns:Array(String)}, 'region'), s.resource_location, '') AS location,
        transform(s.subscription_id, subscriptions.1, subscriptions.2, '') AS subscription_title,
        arraySort(arrayDistinct(newest.meter_categories)) AS categories,
        arraySort(arrayDistinct(newest.cost_centers)) AS centers,
        if(has({columns:Array(String)}, 'tag'), s.tags, map()) AS tags
    FROM resource_slices AS s
    INNER JOIN
    (
        SELECT
            argMax(reinterpretAsUInt128(murmurHash3_128(resource_id, load_id)), toUInt64(x.last_date) * 281474976710656 + bitShiftRight(sipHash64(load_id), 16)) AS key,
            groupArrayArrayIf(x.meter_categories, has({columns:Array(String)}, 'meter_category')) AS meter_categories,
            groupArrayArrayIf(x.cost_centers, has({columns:Array(String)}, 'cost_center')) AS cost_centers
        FROM resource_slices AS x
        WHERE load_id IN (visible)
            AND resource_id != ''
            AND ({scope:String} != 'changed' OR resource_id IN (SELECT resource_id FROM resource_slices WHERE load_id IN (arrayConcat(arraySymmetricDifference(visible, seen), doubtful)) AND {scope:String} = 'changed') OR x.subscription_id IN (renamed))
            AND ({scope:String} != 'named' OR resource_id IN {resource_ids:Array(String)})
        GROUP BY resource_id
    ) AS newest ON newest.key = reinterpretAsUInt128(murmurHash3_128(s.resource_id, s.load_id))
    WHERE s.load_id IN (visible)
)
WHERE {scope:String} != 'changed'
    OR id IN (SELECT resource_id FROM resource_slices WHERE load_id IN (doubtful) AND {scope:String} = 'changed')
    OR (id, fingerprint) NOT IN (SELECT resource_id, fingerprint FROM tracking_assignments FINAL WHERE evaluation_id = {evaluation_id:UUID} AND NOT removed AND {scope:String} = 'changed')
SETTINGS max_insert_threads = 2, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 67108864
