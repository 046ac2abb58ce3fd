import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { addMonths, parseMonth } from "../../src/domain/month.ts";
import type { Month } from "../../src/domain/month.ts";
import { BILLING_ACCOUNT } from "../support/api-source.ts";
import { answered, none, unauthorized } from "../support/azure/faults.ts";
import { SIMULATED_SECRET } from "../support/azure/identity.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";
import { runInProcess, test as base } from "../support/cli.ts";
import type { CliOptions, CliResult } from "../support/cli.ts";
import { aRun } from "../support/exports.ts";

/** A source of a test's own that asks the simulator, and commands. The tests share a database. */
type Reports = {
  readonly name: string;
  readonly dir: string;
  /** What the source is added with, but for its datasets. */
  readonly settings: readonly string[];
  readonly run: (...argv: string[]) => Promise<CliResult>;
  readonly runWith: (options: CliOptions, ...argv: string[]) => Promise<CliResult>;
  readonly query: (sql: string) => Promise<string>;
  /** The sum of what is published of the source; empty where there is nothing. */
  readonly sum: () => Promise<string>;
  /** Lets the API have a report of a month in which one row costs that. */
  readonly report: (month: Month, cost: string, metric?: "ActualCost" | "AmortizedCost") => void;
  /** What came of each question. */
  readonly outcomes: (...argv: string[]) => Promise<string[]>;
  readonly lastAttempt: () => Promise<unknown>;
};

const PRESENT = parseMonth(new Date().toISOString().slice(0, 7));
const LAST = addMonths(PRESENT, -1);

let azure: AzureSimulator;
let said = "";

beforeEach(async () => {
  azure = await startAzureSimulator();
  for (const [name, value] of Object.entries(azure.environment)) vi.stubEnv(name, value);
  said = "";
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await azure.stop();
  expect(azure.violations).toEqual([]);
  expect(said).not.toMatch(SIMULATED_SECRET);
});

const test = base.extend<{ reports: Reports }>({
  async reports({ engine, prefix }, use) {
    const name = `reports-${randomUUID()}`;
    const subscriptionId = randomUUID(); // each its own: none silences another
    const dir = await mkdtemp(join(tmpdir(), prefix));
    const env = { BILLHOUSE_DATA_DIR: engine.dataDir, CLICKHOUSE_DATABASE: "reports", ...azure.environment };
    const runWith = async (options: CliOptions, ...argv: string[]) => {
      const result = await runInProcess(argv, { env, cwd: dir, ...options });
      said += result.stdout + result.stderr;
      return result;
    };
    const run = (...argv: string[]) => runWith({}, ...argv);
    const query = async (sql: string) => (await run("query", sql)).stdout.trim();
    const api = ["--kind", "cost-details", "--endpoint", azure.managementUrl, "--scope", BILLING_ACCOUNT];
    const settings = [...api, "--identity", "managed"];
    await run("sources", "add", name, ...settings, "--datasets", "actual", "--disabled");
    await use({
      name,
      dir,
      settings,
      run,
      runWith,
      query,
      sum: () => query(`SELECT sum(cost_in_billing_currency) FROM costs WHERE source = '${name}' HAVING count() > 0`),
      report(month, cost, metric = "ActualCost") {
        const dataset = metric === "ActualCost" ? "actual" : "amortized";
        const [text = ""] = aRun({ dataset, month, lines: [{ cost, date: `${month}-01`, subscriptionId }] }).texts;
        azure.costDetails.setReport({ metric, month, blobs: [text] });
      },
      async outcomes(...argv) {
        const { stdout } = await run(...argv, "--json");
        const { sources } = JSON.parse(stdout) as {
          sources: { runs: { dataset: string; month: string; outcome: string; reason?: string; error?: string }[] }[];
        };
        return sources.flatMap(({ runs }) =>
          runs.map(({ dataset, month, outcome, reason, error }) =>
            [dataset, month, outcome, reason ?? error].filter(Boolean).join(" "),
          ),
        );
      },
      async lastAttempt() {
        const { stdout } = await run("sources", "show", name, "--json");
        return (JSON.parse(stdout) as { lastAttempt: unknown }).lastAttempt;
      },
    });
    await rm(dir, { recursive: true, force: true });
  },
});

test("import asks for the present month and the one before it, waits until they are ready, and asks no sooner again", async ({
  reports,
}) => {
  reports.report(PRESENT, "0.0000496065685939103754949709");
  reports.report(LAST, "2");
  const first = await reports.run("import", "-s", reports.name);
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/\n2 runs imported, 0 skipped, 0 failed \(.*\)\.\n$/);
  expect(messagesOf(first)).toEqual([
    "source planned",
    ...[PRESENT, LAST].flatMap(() => [
      "extraction asked",
      "extraction pending",
      "extraction ready",
      "run started",
      "part started",
      "part loaded",
      "run imported",
    ]),
  ]);
  expect(eventsOf(first)[1]).toMatchObject({ source: reports.name, dataset: "actual", month: PRESENT, waitSeconds: 1 });
  expect(await reports.sum()).toBe("2.0000496065685939103754949709");
  expect(azure.costDetails.asked.map(({ scope, metric }) => [scope, metric])).toEqual([
    [BILLING_ACCOUNT, "ActualCost"],
    [BILLING_ACCOUNT, "ActualCost"],
  ]);

  const second = await reports.run("import", "-s", reports.name);
  expect(second.stdout).toMatch(/^0 runs imported, 0 skipped, 0 failed/);
  expect(azure.costDetails.asked).toHaveLength(2);
  expect(await reports.lastAttempt()).toMatchObject({ state: "done", runsFound: 0 });
});

test("what is extracted again replaces what was there", async ({ reports }) => {
  reports.report(LAST, "1");
  expect(await reports.outcomes("extract", "-s", reports.name, "--month", LAST)).toEqual([`actual ${LAST} imported`]);
  expect(await reports.sum()).toBe("1");
  reports.report(LAST, "3");
  expect(await reports.outcomes("extract", "-s", reports.name, "--month", LAST)).toEqual([`actual ${LAST} imported`]);
  expect(await reports.sum()).toBe("3");
  const history = await reports.run("publications", "-s", reports.name, "--history", "--json");
  expect((JSON.parse(history.stdout) as { publications: unknown[] }).publications).toHaveLength(2);
  expect((await reports.run("reconcile", "-s", reports.name)).code).toBe(0);
});

test("on a terminal one sees what is waited for", async ({ reports }) => {
  reports.report(LAST, "1");
  const { stderr, code } = await reports.runWith({ isTTY: true }, "extract", "-s", reports.name, "--month", LAST);
  expect(code).toBe(0);
  expect(stderr).toContain(`${reports.name}: asked Azure for actual ${LAST}, looks again in 1.0 s`);
  expect(stderr).toContain(`${reports.name}: actual ${LAST} is not ready after 1.0 s, looks again in 1.0 s`);
  expect(stderr).toContain(`${reports.name}: actual ${LAST} is ready after 2.0 s`);
});

test("a dry run says what would be asked for, and asks nothing", async ({ reports }) => {
  const { stdout, code } = await reports.run("extract", "-s", reports.name, "--dry-run");
  expect(code).toBe(0);
  expect(stdout).toMatch(/would ask/);
  expect(stdout).toMatch(/\n2 questions to APIs would be asked, 0 skipped, 0 failed/);
  expect(await reports.outcomes("import", "-s", reports.name, "--dry-run")).toEqual([
    `actual ${PRESENT} would ask`,
    `actual ${LAST} would ask`,
  ]);
  expect(azure.requests()).toEqual([]);
});

test("a month of which there is nothing is skipped, one that fails stops nothing else", async ({ reports }) => {
  reports.report(LAST, "1");
  azure.fault("cost-details", answered(400, { code: "BadRequest", message: "The scope is closed." }));
  const { stdout, code } = await reports.run(
    "extract",
    "-s",
    reports.name,
    "--from",
    addMonths(LAST, -1),
    "--to",
    PRESENT,
  );
  expect(code).toBe(1);
  expect(stdout).toMatch(
    new RegExp(
      `${reports.name}: actual ${PRESENT}: POST http://.*generateCostDetailsReport: 400 .*The scope is closed`,
    ),
  );
  expect(stdout).toMatch(/1 run imported, 1 skipped \(1 the API has no data\), 1 failed/);
  expect(await reports.sum()).toBe("1");
});

test("months that the API has forgotten are told, and the others come in", async ({ reports }) => {
  const oldest = addMonths(PRESENT, -13);
  reports.report(oldest, "1");
  const { stdout, code } = await reports.run("import", "-s", reports.name, "-b", spanOf(addMonths(oldest, -1), oldest));
  expect(code).toBe(1);
  expect(stdout).toContain(`what is older than ${oldest} was not asked for. Begin the period with that month.`);
  expect(stdout).toMatch(/1 run imported, 0 skipped, 0 failed, 1 problem/);

  const backfill = await reports.run("backfill", "-s", reports.name, "--from", addMonths(oldest, -1), "--to", oldest);
  expect(backfill.code).toBe(1);
  expect(backfill.stdout).toContain(`${addMonths(oldest, -1)}: ${reports.name}: cost-details sources give`);
});

test("a backfill asks month by month for what is missing", async ({ reports }) => {
  const months = [-2, -3, -4].map((count) => addMonths(PRESENT, count));
  for (const month of months) reports.report(month, "1");
  const args = ["backfill", "-s", reports.name, "--from", addMonths(PRESENT, -4), "--to", addMonths(PRESENT, -2)];
  expect((await reports.run(...args)).stdout).toMatch(/\n3 months: 3 runs imported, 0 skipped, 0 failed/);
  expect((await reports.run(...args)).stdout).toMatch(/\n3 months: 0 runs imported, 0 skipped, 0 failed/);
  expect(azure.costDetails.asked.map(({ period }) => period)).toMatchObject(
    months.map((month) => ({ start: `${month}-01` })),
  );
});

test("a token that runs out while a report is made is renewed", async ({ reports }) => {
  reports.report(LAST, "1");
  azure.fault("operations", none(), unauthorized());
  expect(await reports.outcomes("extract", "-s", reports.name, "--month", LAST)).toEqual([`actual ${LAST} imported`]);
});

test("a report that is gone when it is loaded is asked for anew", async ({ reports }) => {
  reports.report(LAST, "1");
  azure.fault("operations", none(2), answered(404, { code: "NotFound", message: "The operation has expired." }));
  expect(await reports.outcomes("extract", "-s", reports.name, "--month", LAST)).toEqual([`actual ${LAST} imported`]);
  expect(azure.costDetails.asked).toHaveLength(2);
  expect(await reports.sum()).toBe("1");
});

test("each dataset is a question of its own, and one of them can be asked alone", async ({ reports }) => {
  const both = `both-${reports.name}`;
  await reports.run("sources", "add", both, ...reports.settings, "--datasets", "actual,amortized", "--disabled");
  for (const metric of ["ActualCost", "AmortizedCost"] as const) reports.report(LAST, "1", metric);
  expect(await reports.outcomes("extract", "-s", both, "--month", LAST)).toEqual([
    `actual ${LAST} imported`,
    `amortized ${LAST} imported`,
  ]);
  expect(await reports.outcomes("extract", "-s", both, "--month", LAST, "--dataset", "amortized")).toEqual([
    `amortized ${LAST} imported`,
  ]);
  const refused = await reports.run("extract", "-s", reports.name, "--month", LAST, "--dataset", "amortized");
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain("is not set to ask for amortized, only for actual.");
});

test("an invoice is asked for by its id", async ({ reports }) => {
  const [text = ""] = aRun({ dataset: "actual", month: LAST, lines: [{ cost: "5" }] }).texts;
  azure.costDetails.setReport({ metric: "ActualCost", month: LAST, invoiceId: "G1", blobs: [text] });
  const profile = `profile-${reports.name}`;
  const scope = ["--scope", `${BILLING_ACCOUNT}/billingProfiles/ABCD`]; // of others Azure knows no invoices
  await reports.run("sources", "add", profile, ...reports.settings, ...scope, "--datasets", "actual", "--disabled");
  expect(await reports.outcomes("extract", "-s", profile, "--month", LAST, "--invoice", "G1")).toEqual([
    `actual ${LAST} imported`,
  ]);
  expect(azure.costDetails.asked.map(({ period }) => period)).toEqual([{ invoiceId: "G1" }]);
  const { stderr, code } = await reports.run("extract", "-s", profile, "--invoice", "G1");
  expect({ stderr, code }).toEqual({
    stderr: "billhouse: --invoice G1: an invoice is of one month. Give it with --month.\n",
    code: 2,
  });
});

test("while one source waits for its API the next one is imported", async ({ reports }) => {
  azure.costDetails.behave({ retryAfter: 3600 });
  reports.report(LAST, "1");
  const archive = `archive-${reports.name}`;
  await reports.run("sources", "add", archive, "--path", "exports", "--disabled");
  const lines = [{ cost: "7", subscriptionId: randomUUID() }];
  await aRun({ dataset: "actual", lines }).writeTo(join(reports.dir, "exports"));
  const interrupt = { pressed: () => undefined, exits: [] };
  const ended = reports.runWith({ interrupt }, "import", "-s", reports.name, "-s", archive);
  const sum = `SELECT sum(cost_in_billing_currency) FROM costs WHERE source = '${archive}'`;
  await vi.waitFor(async () => expect(await reports.query(sum)).toBe("7"), { timeout: 60_000, interval: 200 });
  expect(azure.requests("operations")).toEqual([]);
  interrupt.pressed();
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(stderr).toContain(`Complete: ${archive}.`);
});

test("that there is nothing of a month is remembered as long as its figures would be, and not asked at every import", async ({
  reports,
}) => {
  const nothing = [PRESENT, LAST].map((month) => `actual ${month} skipped the API has no data`);
  expect(await reports.outcomes("import", "-s", reports.name)).toEqual(nothing);
  expect(await reports.outcomes("import", "-s", reports.name)).toEqual([]);
  expect(azure.costDetails.asked).toHaveLength(2);
  reports.report(LAST, "1");
  expect(await reports.outcomes("extract", "-s", reports.name, "--month", LAST)).toEqual([`actual ${LAST} imported`]);
  await reports.run("sources", "remove", reports.name);
  await reports.run("sources", "add", reports.name, ...reports.settings, "--datasets", "actual", "--disabled");
  expect(await reports.outcomes("import", "-s", reports.name)).toEqual(nothing.slice(0, 1)); // it may be another question
});

test("a report without rows is remembered like one that is not there", async ({ reports }) => {
  const [text = ""] = aRun({ dataset: "actual", month: LAST, lines: [] }).texts;
  azure.costDetails.setReport({ metric: "ActualCost", month: LAST, blobs: [text] });
  const months = `${LAST.replace("-", "")}01-${LAST.replace("-", "")}02`;
  const nothing = [`actual ${LAST} skipped the API has no data`];
  expect(await reports.outcomes("import", "-s", reports.name, "-b", months)).toEqual(nothing);
  expect(await reports.outcomes("import", "-s", reports.name, "-b", months)).toEqual([]);
  expect(await reports.outcomes("import", "-s", reports.name, "-b", months, "--overwrite")).toEqual(nothing);
});

test("Ctrl-C ends the waiting, and nothing is visible", async ({ reports }) => {
  azure.costDetails.behave({ retryAfter: 3600 });
  reports.report(LAST, "1");
  const interrupt = { pressed: () => undefined, exits: [] };
  const ended = reports.runWith({ interrupt }, "extract", "-s", reports.name, "--month", LAST);
  await vi.waitFor(() => expect(azure.costDetails.asked).toHaveLength(1), { timeout: 20_000 });
  interrupt.pressed();
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(stderr).toContain("Stopped before the end.");
  expect(stderr).not.toContain("extraction failed");
  expect(await reports.sum()).toBe("");
  expect(await reports.lastAttempt()).toMatchObject({ state: "canceled" });
});

test("what makes no sense for an API is refused, and says what does", async ({ reports }) => {
  const { name } = reports;
  const [given, archive] = [`given-${name}`, `archive-${name}`];
  await reports.run("sources", "enable", name);
  await reports.run("sources", "add", given, "--kind", "push");
  await reports.run("sources", "add", archive, "--path", "exports");
  await aRun({ dataset: "actual", lines: [{ cost: "1" }] }).writeTo(join(reports.dir, "exports"));
  const refusals: [string[], string][] = [
    [["inspect", "-s", name], `${name}: is a cost-details source, whose runs begin to exist when they are asked`],
    [["inspect", "-s", given], `${given}: is a push source, whose files are given to it and not kept.`],
    [["download", "-s", name, "--output-dir", "there"], `${name}: is a cost-details source, whose runs begin`],
    [["download", "-s", given, "--output-dir", "there"], `${given}: is a push source, whose files`],
    [
      ["extract", "-s", archive],
      `${archive}: is a folder source, which has nothing to ask. \`billhouse import\` brings`,
    ],
    [["extract", "-s", given], `${given}: is a push source, which has nothing to ask. Files are given to it.`],
    [["extract", "-s", "nowhere"], 'There is no source "nowhere".'],
    [["extract", "-s", name, "--to", LAST], `--to ${LAST} is the last month. Give the first one with --from.`],
    [["extract", "-s", name, "--month", LAST, "--to", LAST], "--month is one month, --from and --to are"],
    [["extract", "-s", name, "--from", PRESENT, "--to", LAST], "Give the earlier month first."],
  ];
  for (const [argv, message] of refusals) {
    const { code, stderr } = await reports.run(...argv);
    expect({ argv, code, stderr }).toEqual({ argv, code: 2, stderr: expect.stringContaining(message) as string });
  }
  const byId = await reports.run("import", "-s", name, "-r", "some-run");
  expect(byId.code).toBe(1);
  expect(byId.stdout).toContain(`${name}: a cost-details source has no runs before they are asked for`);

  // Where nobody named them, they are in nobody's way.
  expect((await reports.run("inspect")).stdout).toMatch(new RegExp(`^${archive}: `));
  const { stdout } = await reports.run("inspect", "--json");
  const inspected = JSON.parse(stdout) as { sources: { runs: { runId: string }[] }[] };
  const [id = ""] = inspected.sources.flatMap(({ runs }) => runs.map((run) => run.runId));
  const imported = await reports.run("import", "-r", id);
  expect(imported.stdout).toMatch(/\n1 run imported, 0 skipped, 0 failed/);
  expect(imported.code).toBe(0);
  expect(azure.requests()).toEqual([]);
  for (const source of [name, given, archive]) await reports.run("sources", "disable", source);
});

test("no table holds a secret, also where a link was refused and told anew", async ({ reports }) => {
  reports.report(LAST, "1");
  azure.fault("blobs", answered(403, { code: "AuthenticationFailed", message: "Signature not valid." }));
  expect(await reports.outcomes("extract", "-s", reports.name, "--month", LAST)).toEqual([`actual ${LAST} imported`]);
  const tables = await reports.query(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'`,
  );
  let dump = "";
  for (const table of tables.split("\n")) dump += await reports.query(`SELECT * FROM ${table} FORMAT JSONEachRow`);
  expect(dump).toContain(azure.costDetails.asked[0]?.operation);
  expect(dump).not.toMatch(SIMULATED_SECRET);
});

function eventsOf({ stderr }: CliResult): { readonly msg: string }[] {
  return stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { msg: string });
}

function messagesOf(result: CliResult): string[] {
  return eventsOf(result).map(({ msg }) => msg);
}

function spanOf(first: Month, last: Month): string {
  return `${first.replace("-", "")}01-${last.replace("-", "")}28`;
}
