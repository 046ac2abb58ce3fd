-- Whether regular expressions compile in RE2, which says what they mean.
SELECT arraySum(arrayMap(pattern -> match('', concat('(?i)', pattern)), {patterns:Array(String)})) AS found
