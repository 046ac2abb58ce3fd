-- Resources of an evaluation that no load of a work shows any more are not in it any more. Only loads that are gone can have shown
-- them; where a prune was faster, so that nobody knows what such a load showed, every resource is looked at.
INSERT INTO tracking_assignments (evaluation_id, resource_id, removed, evaluated_at)
WITH
    (SELECT (argMax(load_ids, updated_at), any(started_at)) FROM tracking_evaluations WHERE evaluation_id = {evaluation_id:UUID} AND work_id = {work_id:UUID}) AS work,
    (SELECT (argMax(work_id, started_at), max(started_at)) FROM tracking_evaluations WHERE evaluation_id = {evaluation_id:UUID} AND state = 'finished' AND started_at < work.2) AS last,
    (
        SELECT groupUniqArrayArray(load_ids)
        FROM tracking_evaluations
        WHERE evaluation_id = {evaluation_id:UUID}
            AND (work_id = last.1 OR (work_id != {work_id:UUID} AND state = 'started' AND started_at > last.2 AND started_at < work.2))
    ) AS seen,
    arraySymmetricDifference(seen, arrayIntersect(seen, work.1)) AS gone,
    (SELECT uniqExact(load_id) FROM resource_slices WHERE load_id IN (gone)) < length(gone) AS is_unknown,
    shown AS
    (
        SELECT resource_id::String AS id FROM resource_slices WHERE load_id IN (gone)
        UNION DISTINCT
        SELECT resource_id AS id FROM tracking_assignments WHERE evaluation_id = {evaluation_id:UUID} AND is_unknown
    )
SELECT {evaluation_id:UUID} AS evaluation_id, id AS resource_id, true AS removed, work.2 AS evaluated_at
FROM shown
WHERE notEmpty(gone) AND id NOT IN (SELECT s.resource_id::String FROM resource_slices AS s WHERE s.load_id IN (work.1) AND s.resource_id IN (SELECT id FROM shown))
