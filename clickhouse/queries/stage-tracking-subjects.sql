-- The resources that a work is about, each with what the newest of its slices says: all that the loads of the work show; or those of
-- loads that its evaluation has not seen, or that are gone since, as far as they have changed; or those that are named. `columns` are
-- those that conditions look at; what none looks at stays empty.
INSERT INTO tracking_subjects (work_id, number, id, subscription, fingerprint, shown_by, shown_month, name, group, type, location, subscription_title, categories, centers, tags)
WITH
    (SELECT argMax(load_ids, updated_at) FROM tracking_evaluations WHERE evaluation_id = {evaluation_id:UUID} AND work_id = {work_id:UUID}) AS visible,
    (SELECT argMax(load_ids, started_at) FROM tracking_evaluations WHERE evaluation_id = {evaluation_id:UUID} AND state = 'finished') AS seen,
    (
        SELECT (groupArray(subscription_id), groupArray(subscription_name))
        FROM
        (
            SELECT subscription_id, argMax(n.subscription_name, n.last_date) AS subscription_name
            FROM subscription_slices AS n
            WHERE load_id IN (visible) AND has({columns:Array(String)}, 'subscription_name')
            GROUP BY subscription_id
        )
    ) AS subscriptions
SELECT
    {work_id:UUID} AS work_id,
    rowNumberInAllBlocks() + 1 AS number,
    id,
    subscription,
    cityHash64(name, group, type, location, subscription, subscription_title, categories, centers, tags) AS fingerprint,
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
        if(has({columns:Array(String)}, 'meter_category'), arraySort(arrayDistinct(newest.meter_categories)), []) AS categories,
        if(has({columns:Array(String)}, 'cost_center'), arraySort(arrayDistinct(newest.cost_centers)), []) AS centers,
        if(has({columns:Array(String)}, 'tag'), s.tags, map()) AS tags
    FROM resource_slices AS s
    INNER JOIN
    (
        SELECT
            argMax(reinterpretAsUInt128(murmurHash3_128(resource_id, load_id)), toUInt64(x.last_date) * 281474976710656 + bitShiftRight(sipHash64(load_id), 16)) AS key,
            groupArrayArray(x.meter_categories) AS meter_categories,
            groupArrayArray(x.cost_centers) AS cost_centers
        FROM resource_slices AS x
        WHERE load_id IN (visible)
            AND resource_id != ''
            AND ({scope:String} != 'changed' OR resource_id IN (SELECT resource_id FROM resource_slices WHERE load_id IN (arraySymmetricDifference(visible, seen)) AND {scope:String} = 'changed'))
            AND ({scope:String} != 'named' OR resource_id IN {resource_ids:Array(String)})
        GROUP BY resource_id
    ) AS newest ON newest.key = reinterpretAsUInt128(murmurHash3_128(s.resource_id, s.load_id))
    WHERE s.load_id IN (visible)
)
WHERE {scope:String} != 'changed'
    OR (id, fingerprint) NOT IN (SELECT resource_id, fingerprint FROM tracking_assignments FINAL WHERE evaluation_id = {evaluation_id:UUID} AND NOT removed AND {scope:String} = 'changed')
SETTINGS min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 67108864
