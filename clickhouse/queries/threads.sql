-- How many threads a statement may have: as many as the warehouse has processors, unless its settings say otherwise.
SELECT getSetting('max_threads') AS threads
