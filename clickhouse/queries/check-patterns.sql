-- Whether regular expressions compile, as they are used: all at once in vectorscan, which says where a mistake is, and in RE2.
SELECT
    length(multiMatchAllIndices('', arrayMap(pattern -> concat('(?i)', pattern), {patterns:Array(String)}))) AS found_at_once,
    arraySum(arrayMap(pattern -> match('', concat('(?i)', pattern)), {patterns:Array(String)})) AS found
SETTINGS max_hyperscan_regexp_length = 0, max_hyperscan_regexp_total_length = 0
