-- A load that no kept publication names is dropped: its rows are gone, what it counted stays.
ALTER TABLE loads COMMENT COLUMN state 'started, loaded, failed, dropping (its rows are about to go) or dropped'
