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
  TEMPORAL_ADDRESS       a Temporal server: imports, backfill, prune and evaluations of rules run on its workers; empty:
                         in this process
                         (also TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_*, TEMPORAL_PROFILE)
  BILLHOUSE_TASK_QUEUE   where its workers look for work (default: billhouse)
  BILLHOUSE_API_PORT     where the API listens (default: 8080); all of its variables: billhouse serve --help
  LOG_LEVEL              events on stderr where it is no terminal: debug, info, warn, error or silent (default: info)

Exit codes: 0 done, 1 failed, 2 asked wrongly.
Ctrl-C stops cleanly; nothing becomes visible by halves.`;

/** What the help of each command says after its options. */
export const HELP = {
  import: `
Lists each source, loads the runs that are new, newest first, checks that every row of the manifest has arrived, and
then makes each run visible at once. What is published is skipped, and so are runs that later ones replace entirely. A
run or source that fails is reported and stops nothing else. Without --source-name every enabled source is imported,
one after the other, the next one also while one waits for an API; a source that is named is imported also when it is
disabled.

A source that asks an API (cost-details, ea, usage-details) is asked for the present month and those before it: for what
is not there yet, and for what may have changed since. Reports that Azure makes are waited for. \`billhouse extract\` asks
in any case.

Progress goes to stderr: bars on a terminal, otherwise one JSON line per event. The summary goes to stdout.

With TEMPORAL_ADDRESS the import runs on workers (\`billhouse worker\`), many sources side by side; it is shown here in
the same way. Ctrl-C ends the showing only: \`billhouse follow\` shows it again, \`billhouse cancel\` ends it. What is
being imported already is not started twice. TEMPORAL_ADDRESS= (empty) imports in this process.

Examples:
  $ billhouse import
  $ billhouse import --source-name contoso --billing-period 2026-05 --dry-run
  $ billhouse import --run-id 2f0e3a52-9c51-4a6c-b9ad-3c1f7f0e9a11 --overwrite`,
  backfill: `
Every month is imported as \`billhouse import --billing-period\` does it: what is published is skipped. A month that fails
is reported and does not stop the others. With TEMPORAL_ADDRESS it runs on workers, as backfill/<source>;
\`temporal workflow signal --workflow-id backfill/contoso --name pause\` lets it rest, \`--name resume\` go on.

Examples:
  $ billhouse backfill --source-name contoso --from 2024-01 --to 2024-12
  $ billhouse backfill --source-name contoso --from 2025-10 --overwrite`,
  extract: `
For sources that ask an API: cost-details, ea, usage-details. \`billhouse import\` asks for what is missing or may have
changed; this asks in any case, and what it brings replaces what was published. Azure makes a report in minutes: it is
waited for, and so is the time after which Azure wants to be asked again. One month and dataset after another; one that
fails is reported and stops nothing else. With TEMPORAL_ADDRESS it runs on workers, as import/<source>, and no worker
is kept busy by waiting.

Examples:
  $ billhouse extract --source-name contoso-api --month 2026-05
  $ billhouse extract --source-name contoso-api --from 2025-10 --to 2026-03 --dataset amortized
  $ billhouse extract --source-name contoso-api --month 2026-05 --invoice G012345678 --dry-run`,
  follow: `
A source's name stands for its import or backfill: the one that runs, or else the last one. What was done before is told
first. Ctrl-C ends the showing, not the work. The exit code is that of the command that would have done the work.

Examples:
  $ billhouse follow contoso
  $ billhouse follow backfill/contoso --json`,
  cancel: `
Loads that are under way are stopped and their queries killed; nothing of an unfinished run is visible. Runs that were
imported before stay. Ctrl-C ends the waiting only.

Examples:
  $ billhouse cancel contoso
  $ billhouse cancel import-all`,
  schedule: `
Needs TEMPORAL_ADDRESS. \`billhouse apply\` sets schedules, too, where the file says so.

Examples:
  $ billhouse schedule set contoso --cron '0 */4 * * *'
  $ billhouse schedule list
  $ billhouse schedule trigger contoso`,
  scheduleSet: `
One schedule per source; setting it again changes it, or says that it is unchanged. Where day of the month and day of
the week are both given, both have to fit. While what it started runs, a start is skipped. @hourly, @daily, @weekly,
@monthly and @yearly are understood, too; times are like 90s, 5m, 4h, 1d.

Examples:
  $ billhouse schedule set contoso --cron '0 */4 * * *'
  $ billhouse schedule set contoso --cron '30 6 * * mon-fri' --time-zone Europe/Berlin --jitter 5m`,
  scheduleList: `
Examples:
  $ billhouse schedule list
  $ billhouse schedule list --json | jq -r '.schedules[] | select(.lastRun.state == "failed") | .source'`,
  schedulePause: `
Examples:
  $ billhouse schedule pause contoso`,
  scheduleResume: `
Examples:
  $ billhouse schedule resume contoso`,
  scheduleTrigger: `
The import is the same as at its times: it is not started twice. Also where the schedule is paused.

Examples:
  $ billhouse schedule trigger contoso`,
  scheduleRemove: `
Examples:
  $ billhouse schedule remove contoso`,
  importFile: `
A file is CSV or NDJSON, plain or gzipped, or Parquet: its first bytes say which. It is loaded like any other part:
every row is loaded or the run is not published. With --manifest (any shape that Azure has written) the files are its
blobs, by name, and all of them have to be given. Without, a single file stands for its whole billing month: another
file of the same name, month and dataset replaces it, and the same file again is skipped. Where the source is in the
list, its priority and reject limit count; another name is taken as it is, with their defaults.

Standard input is kept in a temporary file until it is imported: what is refused has to be read a second time to say
why.

Examples:
  $ billhouse import-file --file may-actual.csv.gz --source-name portal --month 2026-05
  $ billhouse import-file --manifest manifest.json --file part_0_0001.csv.gz --file part_1_0001.csv.gz -s contoso
  $ zcat costs.csv.gz | billhouse import-file --file - -s portal --month 2026-05 --dataset amortized
  $ billhouse import-file --file may.ndjson -s portal --month 2026-05 --dataset actual`,
  inspect: `
Reads the listing and the manifests; no data file is opened and nothing is changed. States: pending (the next import
brings it in), imported, superseded (later runs cover all of its days) and withdrawn; only import --run-id brings in the
last two.

Examples:
  $ billhouse inspect
  $ billhouse inspect --source-name contoso --billing-period 20260501-20260531
  $ billhouse inspect --json | jq '.sources[].runs[] | select(.state == "pending") | .runId'`,
  download: `
A file has its own name only once it is whole and its size and MD5 are right, where the manifest or the storage
account gives one; before that it is called <name>.part. What is there already is left alone, and what was broken off
goes on where it stopped, so after Ctrl-C or a failure the same command again completes it. A run's manifest comes
last. The directory can be a source itself: billhouse sources add copy --path <directory>.

Examples:
  $ billhouse download --source-name contoso --output-dir ./exports --month 2026-05
  $ billhouse download --source-name contoso --output-dir ./exports --list-only
  $ billhouse download --source-name contoso --output-dir ./manifests --skip-csv`,
  publications: `
One line for each source, export, dataset and billing month: the run that answers, and since when. With --history every
publication and withdrawal that there was, newest last; "as of" reads see what was published up to a moment, as long
as it was not pruned.

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
For each published run: stored bytes and rows of the manifest, rows loaded, rows rejected, the difference, the sum of
cost by metric and currency with all its digits, and what the rejected rows would have cost. Also holds what the
tables have now against what each load counted, and the rollups against the entries. Runs that a later one replaced
are left out unless --all or --run-id asks for them.
Exit code 1 when anything differs.

Examples:
  $ billhouse reconcile
  $ billhouse reconcile --billing-period 2026-05 --json | jq '.runs[] | {runId, sums, differences}'`,
  rejects: `
Of published runs the rows that they were published without, where the source's reject limit allows that; of runs that
were refused the rows of the last attempt. With each row its file, record number, cost where it can be read, and its
text as CSV; after them how many rows there are for each reason. \`billhouse prune\` drops those of attempts that are
a day old.

Examples:
  $ billhouse rejects
  $ billhouse rejects --source-name contoso --month 2026-05 --limit 1000
  $ billhouse rejects --json | jq -r '.rows[].text'`,
  diff: `
Compares what answers now with what answered before it, for each source, export and dataset of the month; --from and
--to name other publications (\`billhouse publications --history --json\` gives their ids), or moments at which they
answered. Shows cost before, after and the difference, with all digits and each currency by itself, of every
subscription, meter and day that changed, the largest change first, and how many rows were added and removed. It looks
at what a publication says by itself, whatever other exports answer.

Examples:
  $ billhouse diff 2026-05
  $ billhouse diff 2026-05 --source-name contoso --by subscription
  $ billhouse diff 2026-05 --from 2026-06-01 --to 2026-06-05T12:00:00 --json`,
  prune: `
Of each month, source, export and dataset the publication that answers and the two before it are kept (--keep 3), and
with them every load that they name; a run that completes a month for a narrower one stays as long. All other rows go:
those of older publications, of withdrawn runs, of attempts that failed, and of attempts that nobody has published for
a day. What answers now never changes. A moment at which a pruned publication answered cannot be read any more and is
refused. Pruned runs count as imported; import --run-id with --overwrite brings one back. Without --source-name old
evaluations of rules go, too: those of the last week stay. It can be stopped and started again at any time, also
beside imports.

Examples:
  $ billhouse prune --dry-run
  $ billhouse prune --source-name contoso --keep 1`,
  query: `
The result streams to stdout as ClickHouse writes it: PrettyCompact on a terminal, otherwise TabSeparated, or any of
ClickHouse's formats. Start with the views costs, costs_daily, costs_monthly, resources, meters, subscriptions,
customers, focus_costs: each shows what is published, and <view>_as_of(moment = '2026-06-01 00:00:00') what was.

Examples:
  $ billhouse query "SELECT date, sum(cost_in_billing_currency) FROM costs_daily GROUP BY date ORDER BY date"
  $ billhouse query "SELECT * FROM costs LIMIT 100" --format CSVWithNames > costs.csv
  $ billhouse query - --format JSONEachRow < question.sql`,
  doctor: `
Checks Node's version, the configuration, the data directory and the space left, the warehouse, its version, clock and
schema, and of each source that its variables are set, its identity is let in and its place answers: with as little
as proves it, and never by asking for a report. Says how to mend what is wrong, and which role to grant on what.
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
  worker: `
Temporal keeps the schedules and the state of every import, workers do it: any number of them, on any machines, with
the same warehouse and the same credentials of sources. What a worker that dies was loading is loaded anew by another.
Ctrl-C takes no further work and gives what is under way 30 seconds; once more ends at once. Events go to stderr, one
JSON line each.

Environment:
  TEMPORAL_ADDRESS                 the server, such as localhost:7233; as by Temporal's own tools, TEMPORAL_NAMESPACE,
                                   TEMPORAL_API_KEY, TEMPORAL_TLS_* and TEMPORAL_PROFILE are read as well
  BILLHOUSE_TASK_QUEUE             the queue to take work from (default: billhouse)
  BILLHOUSE_WORKER_MEMORY_PERCENT  above so much of the machine's memory no further work is taken (default: 80)
  BILLHOUSE_WORKER_CPU_PERCENT     the same for its processors (default: 90)
  BILLHOUSE_WORKER_SLOTS           so many activities at once at most (default: twice the processors, at least 4)
  BILLHOUSE_METRICS_ADDRESS        where Prometheus finds the metrics, such as 0.0.0.0:9464 (default: nowhere)
  BILLHOUSE_WORKER_VERSIONING      1: one version of the deployment billhouse; imports end on the version they began on

Examples:
  $ billhouse worker
  $ TEMPORAL_ADDRESS=localhost:7233 BILLHOUSE_METRICS_ADDRESS=127.0.0.1:9464 billhouse worker
  $ temporal workflow start --task-queue billhouse --type importSource --workflow-id import/demo \\
      --input '{"source":"demo"}'`,
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
Kinds of sources; docs/sources.md has every setting of each:

  blob           exports in Azure Blob Storage
  folder         exports in a local directory with the same layout
  cost-details   reports of the Cost Details API: EA and MCA
  usage-details  items of the Consumption API: pay-as-you-go without exports
  ea             the EA reporting API: old tenants and Azure China
  push           files that are given to it: POST /v1/ingest/<name>, or billhouse import-file

Secrets are referenced, never given: --credential env:NAME names the environment variable that holds a connection
string or SAS (blob), or the enrolment's API key (ea). Without it, and without --identity, the Azure identity of this
machine signs in. Identities:

  default                             what this machine has: environment, workload or managed identity, az login
  workload                            the federated token of a Kubernetes pod
  managed[:<client>]                  the managed identity of this machine, or one of several
  secret:<tenant>/<client>[:NAME]     an application; its secret is in AZURE_CLIENT_SECRET, or in NAME
  certificate:<tenant>/<client>[:PATH[:PASSWORD]]
                                      an application; the path of its certificate is in AZURE_CLIENT_CERTIFICATE_PATH, a
                                      password for it in AZURE_CLIENT_CERTIFICATE_PASSWORD, or in the variables named

Examples:
  $ billhouse sources add archive --path ./exports
  $ billhouse sources add contoso --url https://contoso.blob.core.windows.net/exports/daily
  $ billhouse sources add contoso --url https://contoso.blob.core.windows.net/exports --credential env:CONTOSO_STORAGE
  $ billhouse sources add reports --kind cost-details --scope /providers/Microsoft.Billing/billingAccounts/1234567
  $ billhouse sources add paygo --kind usage-details --identity managed \\
      --scope /subscriptions/00001111-aaaa-2222-bbbb-3333cccc4444
  $ billhouse sources add china --kind ea --cloud china --enrollment 12345678 --credential env:CONTOSO_EA_KEY
  $ billhouse sources add portal --kind push`,
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
      schedule: '0 */4 * * *'  # imports it by itself; also { cron, timeZone: UTC, jitter: 1m, catchUp: 1d, paused }
    - name: reports
      kind: cost-details       # or usage-details, which has no \`by\`
      scope: /providers/Microsoft.Billing/billingAccounts/1234567
      identity: { secret: { tenantId: contoso.com, clientId: 00001111-aaaa-2222-bbbb-3333cccc4444 } }
    - name: china
      kind: ea
      cloud: china
      enrollment: "12345678"
      credential: { env: CONTOSO_EA_KEY }
    - { name: portal, kind: push }

docs/sources.md has every setting of every kind, with what it is when it is left out.

With TEMPORAL_ADDRESS the schedules of the file's sources become what it says, and a source without \`schedule\` has none;
\`paused\` is left as it is unless the file says it. Without TEMPORAL_ADDRESS they are not set, which is said.

Examples:
  $ billhouse apply -f sources.yaml
  $ billhouse apply -f sources.yaml --dry-run`,
} as const;
