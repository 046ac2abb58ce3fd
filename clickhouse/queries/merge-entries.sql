-- Merges all parts of a partition of cost entries into one.
OPTIMIZE TABLE cost_entries PARTITION ({billing_month:String}, {own_partition:String}) FINAL
