-- What the lines of a resource say that is not the resource's own: rules look at it.
ALTER TABLE resource_slices
    ADD COLUMN IF NOT EXISTS meter_categories SimpleAggregateFunction(groupUniqArrayArray, Array(String)) COMMENT 'Services of the meters of its lines, at most 100',
    ADD COLUMN IF NOT EXISTS cost_centers SimpleAggregateFunction(groupUniqArrayArray, Array(String)) COMMENT 'Cost centers of its lines, at most 100'
