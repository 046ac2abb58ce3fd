/** What `billhouse --help` says after the list of commands. */
export const PROGRAM_HELP = `
How it goes:
  $ billhouse sources add archive --path ./exports     or: apply -f sources.yaml
  $ billhouse inspect                                  what is there, what is new
  $ billhouse import                                   loads and publishes what is new
  $ billhouse reconcile                                manifest, rows and sums of every run
  $ billhouse query "SELECT billing_currency, sum(cost_in_billing_currency) FROM costs_daily GROUP BY 1"

Environment (also from a file .env in this directory):
  CLICKHOUSE_URL         a ClickHouse server; without it Billhouse runs its own, embedded one
  CLICKHOUSE_USER        its user (default: default)
  CLICKHOUSE_PASSWORD    and password (default: empty)
  CLICKHOUSE_DATABASE    the database, made when it is missing (default: billhouse)
  BILLHOUSE_DATA_DIR     where the embedded warehouse keeps its data (default: .billhouse)
  LOG_LEVEL              events on stderr where it is no terminal: debug, info, warn, error or silent (default: info)

Exit codes: 0 done, 1 failed, 2 asked wrongly.
Ctrl-C stops cleanly; nothing becomes visible by halves.`;

/** What the help of each command says after its options. */
export const HELP = {
  import: `
Lists each source, loads the runs that are new, newest first, checks that every row of the manifest has arrived, and
then makes each run visible at once. What is published is skipped, and so are runs that later ones replace entirely. A
run or source that fails is reported and stops nothing else. Without --source-name every enabled source is imported,
one after the other; a source that is named is imported also when it is disabled.

Progress goes to stderr: bars on a terminal, otherwise one JSON line per event. The summary goes to stdout.

Examples:
  $ billhouse import
  $ billhouse import --source-name contoso --billing-period 2026-05 --dry-run
  $ billhouse import --run-id 2f0e3a52-9c51-4a6c-b9ad-3c1f7f0e9a11 --overwrite`,
  inspect: `
Reads the listing and the manifests; no data file is opened and nothing is changed. States: pending (the next import
brings it in), imported, superseded (later runs cover all of its days) and withdrawn; only import --run-id brings in the
last two.

Examples:
  $ billhouse inspect
  $ billhouse inspect --source-name contoso --billing-period 20260501-20260531
  $ billhouse inspect --json | jq '.sources[].runs[] | select(.state == "pending") | .runId'`,
  publications: `
One line for each source, export, dataset and billing month: the run that answers, and since when. With --history every
publication and withdrawal that there was, newest last; "as of" reads see what was published up to a moment.

Examples:
  $ billhouse publications
  $ billhouse publications --source-name contoso --billing-period 2026-05 --history`,
  withdraw: `
Takes a published run back: by one more row in publications, so that the step itself can be looked up. The run before it
answers again where there is one. Imports leave the run alone from then on, unless they ask for it with --run-id.

Examples:
  $ billhouse withdraw --source-name contoso --run-id 2f0e3a52-9c51-4a6c-b9ad-3c1f7f0e9a11
  $ billhouse withdraw --source-name contoso --run-id 2f0e3a52-9c51-4a6c-b9ad-3c1f7f0e9a11 --dataset focus`,
  reconcile: `
For each published run: stored bytes and rows of the manifest, rows loaded, rows rejected, the difference, and the sum
of cost by metric and currency with all its digits. Also holds what the tables have now against what each load counted,
and the rollups against the entries. Runs that a later one replaced are left out unless --all or --run-id asks for them.
Exit code 1 when anything differs.

Examples:
  $ billhouse reconcile
  $ billhouse reconcile --billing-period 2026-05 --json | jq '.runs[] | {runId, sums, differences}'`,
  query: `
The result streams to stdout as ClickHouse writes it: PrettyCompact on a terminal, otherwise TabSeparated, or any of
ClickHouse's formats. Start with the views costs, costs_daily, costs_by_resource, resources, meters, subscriptions,
customers, focus_costs: each shows what is published, and <view>_as_of(moment = '2026-06-01 00:00:00') what was.

Examples:
  $ billhouse query "SELECT date, sum(cost_in_billing_currency) FROM costs_daily GROUP BY date ORDER BY date"
  $ billhouse query "SELECT * FROM costs LIMIT 100" --format CSVWithNames > costs.csv
  $ billhouse query - --format JSONEachRow < question.sql`,
  doctor: `
Checks Node's version, the configuration, the data directory and the space left, the warehouse, its version, clock and
schema, and of each source that its variable is set and its store can be listed. Says how to mend what is wrong.
Exit code 1 when a check fails.

Examples:
  $ billhouse doctor
  $ billhouse doctor --json | jq '.checks[] | select(.state == "failed")'`,
  migrate: `
Makes the database when it is missing and applies the migrations that it lacks, in order. Commands that change something
do this by themselves; those that only read do so for the embedded warehouse, and refuse on a server that is behind.

Examples:
  $ billhouse migrate
  $ CLICKHOUSE_URL=http://127.0.0.1:8123 billhouse migrate`,
  warehouse: `
Serves the data directory (BILLHOUSE_DATA_DIR) until Ctrl-C, for curl and other clients that speak ClickHouse
over HTTP. Other commands on the same directory use it meanwhile. The password is read from the variable
BILLHOUSE_WAREHOUSE_PASSWORD, or from the one that --password-env names; on an address that others can reach it must be
set.

Examples:
  $ billhouse warehouse
  $ billhouse warehouse --port 18123 --user analyst --password-env ANALYST_PASSWORD
  $ curl 'http://127.0.0.1:8123/?user=default&database=billhouse' --data 'SELECT count() FROM costs'`,
  sources: `
Examples:
  $ billhouse sources add archive --path ./exports
  $ billhouse sources list
  $ billhouse sources show archive`,
  sourcesList: `
Examples:
  $ billhouse sources list
  $ billhouse sources list --json | jq -r '.sources[] | select(.lastAttempt.state == "failed") | .name'`,
  sourcesShow: `
Examples:
  $ billhouse sources show contoso
  $ billhouse sources show contoso --json | jq -r .lastAttempt.error`,
  sourcesEnable: `
Examples:
  $ billhouse sources enable contoso`,
  sourcesDisable: `
Examples:
  $ billhouse sources disable contoso`,
  sourcesRemove: `
What it published stays visible; \`billhouse withdraw\` takes runs back. The same name can be added again later.

Examples:
  $ billhouse sources remove contoso`,
  sourcesAdd: `
A source is a container's base folder in Azure Blob Storage (--url) or a directory with the same layout (--path).
Secrets are referenced, never given: --credential env:NAME names the environment variable that holds a connection string
or SAS; without it the Azure identity of this machine signs in.

Examples:
  $ billhouse sources add archive --path ./exports
  $ billhouse sources add contoso --url https://contoso.blob.core.windows.net/exports/daily
  $ billhouse sources add contoso --url https://contoso.blob.core.windows.net/exports --credential env:CONTOSO_STORAGE`,
  apply: `
The whole file is checked first; when anything is wrong, every error is shown with its line and nothing is changed.
Sources that the file does not name stay as they are. Relative paths count from the file's directory.

  sources:
    - name: contoso
      kind: blob
      url: https://contoso.blob.core.windows.net/exports/daily
      credential: { env: CONTOSO_STORAGE }   # or: default, the Azure identity of this machine
    - name: archive
      kind: folder
      path: ./exports
      enabled: true        # the default
      priority: 10         # who answers where two sources cover the same subscription and day: the smaller (100)
      rejectLimit: 0       # rows of a run that may be refused before it is not published (0)

Examples:
  $ billhouse apply -f sources.yaml
  $ billhouse apply -f sources.yaml --dry-run`,
} as const;
