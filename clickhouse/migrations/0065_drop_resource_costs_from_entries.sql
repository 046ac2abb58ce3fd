-- Costs by resource and day are read from cost_entries, which is sorted by resource.
DROP VIEW IF EXISTS resource_costs_from_entries
