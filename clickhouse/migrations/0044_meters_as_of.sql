-- Meters in the current runs, as of a moment that the caller gives: meters_as_of(moment = '2026-05-01 00:00:00').
CREATE VIEW meters_as_of AS
SELECT
    meter_id,
    argMax(s.meter_name, s.last_date) AS meter_name,
    argMax(s.meter_category, s.last_date) AS meter_category,
    argMax(s.meter_sub_category, s.last_date) AS meter_sub_category,
    argMax(s.meter_region, s.last_date) AS meter_region,
    argMax(s.service_family, s.last_date) AS service_family,
    argMax(s.unit_of_measure, s.last_date) AS unit_of_measure,
    min(s.first_date) AS first_date,
    max(s.last_date) AS last_date
FROM meter_slices AS s
WHERE load_id IN (SELECT load_id FROM current_loads_as_of(moment = {moment:DateTime64(6, 'UTC')}))
GROUP BY meter_id
COMMENT 'Meters in the current runs, as of a moment'
