-- A publication whose rows are dropped gets a second row: the same in everything, published_at included, but for its state and this.
ALTER TABLE publications
    ADD COLUMN IF NOT EXISTS pruned_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When the rows of the publication were given up; only in rows of the state pruned' AFTER state,
    COMMENT COLUMN state 'announced (not visible), published, withdrawn or pruned (a second row of a publication, of the same moment)'
