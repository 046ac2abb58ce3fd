-- daily_costs is filled once a load's rows are there: one pass over all of them makes fewer rows than one for each block.
DROP VIEW IF EXISTS daily_costs_from_entries
