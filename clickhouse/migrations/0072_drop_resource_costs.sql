-- Its figures are read from cost_entries, which is sorted by resource.
DROP TABLE IF EXISTS resource_costs SYNC
