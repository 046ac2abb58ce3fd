-- How many threads a statement may have (as many as the warehouse has processors, unless its settings say otherwise), and
-- whether the engine makes machine code of patterns: 26.7 and later do.
SELECT
    getSetting('max_threads') AS threads,
    (SELECT count() FROM system.settings WHERE name = 'compile_regular_expressions') AS compiles_patterns
