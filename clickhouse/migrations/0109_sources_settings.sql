-- What the kinds that ask an API need beside a place, as JSON; and comments of the other columns that say what these kinds keep there.
ALTER TABLE sources
    ADD COLUMN IF NOT EXISTS settings String DEFAULT '{}' COMMENT 'Settings of its kind as JSON, where place and credential are not all of them; secrets are named, never kept' AFTER credential,
    COMMENT COLUMN kind 'blob, folder, cost-details, usage-details, ea or push',
    COMMENT COLUMN place 'URL of the container and base folder, path of the directory, scope, or URL and enrolment; empty for push',
    COMMENT COLUMN credential 'What signs in, by name: default, env:NAME for the environment variable that holds the secret, workload, managed, secret:… or certificate:…'
