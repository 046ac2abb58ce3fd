-- Whether regular expressions compile in vectorscan, which finds all of them at once, and says where a mistake is.
SELECT length(multiMatchAllIndices('', arrayMap(pattern -> concat('(?i)', pattern), {patterns:Array(String)}))) AS found
SETTINGS max_hyperscan_regexp_length = 0, max_hyperscan_regexp_total_length = 0, reject_expensive_hyperscan_regexps = 0
