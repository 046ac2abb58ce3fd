import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { runInProcess, test } from "../support/cli.ts";
import type { TestCli } from "../support/cli.ts";
import { aRun, exactSum } from "../support/exports.ts";
import type { RenderedRun } from "../support/exports.ts";

async function importRuns(cli: TestCli, ...runs: readonly RenderedRun[]): Promise<void> {
  for (const run of runs) {
    await run.writeTo(join(cli.dir, "exports"));
    await cli.run("sources", "add", "contoso", "--path", "exports");
    await cli.run("import");
  }
}

test("withdraw takes a run back and says what answers now", async ({ cli }) => {
  const first = aRun({ dataset: "actual", submittedAt: "2026-06-02T04:00:00.0000000Z", lines: [{ cost: "1" }] });
  const second = aRun({ dataset: "actual", submittedAt: "2026-06-03T04:00:00.0000000Z", lines: [{ cost: "2" }] });
  await importRuns(cli, first, second);
  const sum = async () => (await cli.run("query", "SELECT sum(cost_in_billing_currency) FROM costs")).stdout.trim();
  expect(await sum()).toBe("2");

  const withdrawn = await cli.run("withdraw", "--source-name", "contoso", "--run-id", second.runId);
  expect(withdrawn).toMatchObject({
    code: 0,
    stdout:
      `Withdrew contoso: daily-actual actual 2026-05, run ${second.runId}.\n` +
      `Now run ${first.runId} answers, submitted 2026-06-02 04:00:00 UTC, days 2026-05-01 to 2026-05-31.\n`,
  });
  expect(await sum()).toBe("1");

  const last = await cli.run("withdraw", "--source-name", "contoso", "--run-id", first.runId);
  expect(last.stdout).toContain("Nothing of daily-actual actual 2026-05 is visible any more.");
  expect(await sum()).toBe("\\N");
  const again = await cli.run("withdraw", "--source-name", "contoso", "--run-id", first.runId);
  expect(again).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`no such run ${first.runId} is published`) as string,
  });
  const { stdout } = await cli.run("publications", "--history");
  expect(stdout.match(/ (withdrawn|replaced|answers)$/gm)).toEqual([
    " replaced",
    " replaced",
    " withdrawn",
    " replaced",
    " withdrawn",
  ]);
});

test("withdraw asks which one when a run id is published more than once", async ({ cli }) => {
  const runId = "2f0e3a52-9c51-4a6c-b9ad-3c1f7f0e9a11";
  await importRuns(
    cli,
    aRun({ dataset: "actual", runId, month: "2026-04", lines: [{ cost: "1" }] }),
    aRun({ dataset: "actual", runId, month: "2026-05", lines: [{ cost: "2" }] }),
  );
  const which = await cli.run("withdraw", "-s", "contoso", "-r", runId);
  expect(which.code).toBe(2);
  expect(which.stderr).toMatch(
    /published more than once: daily-actual actual 2026-0[45]; daily-actual actual 2026-0[45]/,
  );
  expect((await cli.run("withdraw", "-s", "contoso", "-r", runId, "--month", "2026-04")).code).toBe(0);
  expect((await cli.run("query", "SELECT sum(cost_in_billing_currency) FROM costs")).stdout).toBe("2\n");
});

test("publications lists what answers, by source, period and dataset", async ({ cli }) => {
  const actual = aRun({ dataset: "actual", lines: [{ cost: "1" }, { cost: "2" }] });
  await importRuns(cli, actual, aRun({ dataset: "amortized", month: "2026-04", lines: [{ cost: "3" }] }));
  expect((await cli.run("publications")).stdout.split("\n")).toHaveLength(4);
  expect(await cli.json("publications", "--dataset", "actual", "-b", "2026-05", "-s", "contoso")).toMatchObject({
    publications: [
      { runId: actual.runId, month: "2026-05", rows: 2, isCurrent: true, state: "published", silentDays: 0 },
    ],
  });
  expect(await cli.json("publications", "-b", "2026-03")).toEqual({ publications: [] });
});

test("reconcile shows manifest, loaded, rejected and exact sums per metric and currency, difference 0", async ({
  cli,
}) => {
  const actual = aRun({
    dataset: "actual",
    parts: 2,
    lines: [{ cost: "0.1" }, { cost: "0.2" }, { cost: "123456789.000000000000000000001", currency: "EUR" }],
  });
  const focus = aRun({ dataset: "focus", month: "2026-04", lines: [{ cost: "5", effectiveCost: "4.5" }] });
  await importRuns(cli, actual, focus);
  const sums = (currency: string) => exactSum(actual.texts, "CostInBillingCurrency", { BillingCurrencyCode: currency });
  expect(await cli.json("reconcile")).toMatchObject({
    runs: [
      {
        runId: actual.runId,
        declared: { parts: 2, rows: 3 },
        rowsLoaded: 3,
        rowsRejected: 0,
        rowDifference: 0,
        differences: [],
        sums: [
          { metric: "actual", currency: "EUR", total: sums("EUR") },
          { metric: "actual", currency: "USD", total: sums("USD") },
        ],
      },
      {
        runId: focus.runId,
        sums: [
          { metric: "actual", currency: "USD", total: "5" },
          { metric: "amortized", currency: "USD", total: "4.5" },
        ],
      },
    ],
  });
  const { code, stdout } = await cli.run("reconcile");
  expect(code).toBe(0);
  expect(stdout).toContain("123456789.000000000000000000001");
  expect(stdout).toContain("2 runs reconciled, every difference is 0.");
  expect((await cli.run("reconcile", "--run-id", "4711")).code).toBe(2);
  expect((await cli.run("reconcile", "--source-name", "nobody")).code).toBe(2);
});

test("reconcile ends with exit 1 and says what differs when rows have gone", async ({ cli }) => {
  await importRuns(cli, aRun({ dataset: "actual", lines: [{ cost: "1" }, { cost: "2" }] }));
  const load = (await cli.run("query", "SELECT load_id FROM current_loads")).stdout.trim();
  await cli.run("query", `ALTER TABLE cost_entries DELETE WHERE load_id = '${load}' SETTINGS mutations_sync = 1`);
  const { code, stdout } = await cli.run("reconcile");
  expect(code).toBe(1);
  expect(stdout).toContain("2 rows in the manifest, 0 rows loaded and rejected");
  expect(stdout).toContain("2 rows counted when loaded, 0 rows held now");
  expect(stdout).toContain("1 of 1 run differ");
});

test("reconcile counts the surviving days of an elder run apart from the run itself", async ({ cli }) => {
  const may = aRun({
    dataset: "actual",
    submittedAt: "2026-06-02T04:00:00.0000000Z",
    lines: [
      { cost: "1", date: "2026-05-02" },
      { cost: "2", date: "2026-05-20" },
    ],
  });
  const days = { first: "2026-05-01", last: "2026-05-05" };
  const narrow = aRun({ dataset: "actual", days, submittedAt: "2026-06-03T04:00:00.0000000Z", lines: [{ cost: "7" }] });
  await importRuns(cli, may, narrow);
  expect(await cli.json("reconcile")).toMatchObject({
    runs: [
      {
        runId: narrow.runId,
        rowsLoaded: 1,
        rowsCarried: 1,
        copied: { recorded: 1, found: 1 },
        differences: [],
        sums: [{ total: "7" }],
      },
    ],
  });
  expect((await cli.run("reconcile", "--all")).stdout).toContain("2 runs reconciled, every difference is 0.");
});

test("query answers in PrettyCompact on a terminal, tab separated in a pipe, or in the format asked for", async ({
  reader,
}) => {
  const sql = "SELECT number AS n, toDecimal256('0.1', 30) AS cost FROM numbers(2);";
  expect((await reader.run("query", sql)).stdout).toBe("0\t0.1\n1\t0.1\n");
  expect((await reader.run("query", sql, "--format", "JSONEachRow")).stdout).toBe(
    '{"n":"0","cost":"0.1"}\n{"n":"1","cost":"0.1"}\n',
  );
  const terminal = await runInProcess(["query", sql], { env: reader.env, isTTY: true });
  expect(terminal.stdout).toContain("┌─n─┬─cost─┐");
  const piped = await runInProcess(["query", "-"], { env: reader.env, stdin: "SELECT 42" });
  expect(piped).toEqual({ code: 0, stdout: "42\n", stderr: "" });
});

test("query tells what ClickHouse refused in one line, and exits 1", async ({ reader }) => {
  const { code, stdout, stderr } = await reader.run("query", "SELECT nope");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^billhouse: ClickHouse at .* refused "SELECT nope.*UNKNOWN_IDENTIFIER.*\n$/);
});

test("a result that breaks off in the middle is a failure", async ({ reader }) => {
  const { code, stderr } = await reader.run("query", "SELECT throwIf(number = 5000000) FROM numbers(10000000)");
  expect(code).toBe(1);
  expect(stderr).toContain("The result broke off");
});

test("sources are added, listed, shown, switched and removed; of a secret only the name is shown", async ({ cli }) => {
  const url = "https://contoso.blob.core.windows.net/exports/daily";
  await cli.run("sources", "add", "contoso", "--url", url, "--credential", "env:CONTOSO_STORAGE", "--priority", "5");
  const twice = await cli.run("sources", "add", "contoso", "--path", ".");
  expect(twice).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("There is a source contoso already") as string,
  });
  await cli.run("sources", "add", "archive", "--path", "./exports", "--disabled");
  expect(await cli.json("sources", "list")).toEqual({
    sources: [
      {
        name: "archive",
        kind: "folder",
        place: join(cli.dir, "exports"),
        credential: "",
        path: join(cli.dir, "exports"),
        enabled: false,
        priority: 100,
        rejectLimit: 0,
        lastAttempt: null,
        lastImportAt: null,
      },
      {
        name: "contoso",
        kind: "blob",
        place: url,
        credential: "env:CONTOSO_STORAGE",
        url,
        enabled: true,
        priority: 5,
        rejectLimit: 0,
        lastAttempt: null,
        lastImportAt: null,
      },
    ],
  });
  await cli.run("sources", "enable", "archive");
  expect((await cli.run("sources", "show", "archive")).stdout).toMatch(/^enabled +yes$/m);
  expect((await cli.run("sources", "show", "contoso")).stdout).toMatch(/^credential +env:CONTOSO_STORAGE$/m);
  expect((await cli.run("sources", "remove", "archive")).code).toBe(0);
  expect((await cli.run("sources", "list")).stdout).not.toContain("archive");
  expect((await cli.run("sources", "remove", "archive")).code).toBe(2);
});

test("sources that ask an API are added by options, and shown with all of their settings", async ({ cli }) => {
  const scope = "/providers/Microsoft.Billing/billingAccounts/1234567";
  const client = "00001111-aaaa-2222-bbbb-3333cccc4444";
  const add = (...options: string[]) => cli.run("sources", "add", ...options);
  const reports = ["reports", "--kind", "cost-details", "--scope", scope, "--datasets", "amortized,actual"];
  const added = await add(...reports, "--identity", `managed:${client}`, "--months-back", "12", "--priority", "5");
  expect(added).toEqual({ code: 0, stdout: `Added reports: ${scope}\n`, stderr: "" });
  const management = ["--cloud", "us-government", "--endpoint", "https://gateway.example.com"];
  await add("items", "--kind", "usage-details", "--scope", `/subscriptions/${client}`, ...management);
  const enterprise = ["--enrollment", "12345678", "--credential", "env:CONTOSO_EA_KEY", "--tax-factor", "1.060"];
  await add("old", "--kind", "ea", "--cloud", "china", "--api", "usage-report-v3", "--currency", "CNY", ...enterprise);
  expect((await add("given", "--kind", "push")).stdout).toBe("Added given: waits for files that are given to it\n");

  const shown = (name: string) => cli.json("sources", "show", name);
  expect(await shown("reports")).toEqual({
    name: "reports",
    kind: "cost-details",
    place: scope,
    credential: `managed:${client}`,
    scope,
    identity: `managed:${client}`,
    cloud: "public",
    endpoint: null,
    datasets: ["amortized", "actual"],
    monthsBack: 12,
    refreshHours: 4,
    by: "month",
    enabled: true,
    priority: 5,
    rejectLimit: 0,
    lastAttempt: null,
    lastImportAt: null,
  });
  expect(await shown("items")).toMatchObject({ cloud: "us-government", endpoint: "https://gateway.example.com" });
  expect(await shown("old")).toMatchObject({
    place: "https://ea.azure.cn/12345678",
    credential: "env:CONTOSO_EA_KEY",
    url: "https://ea.azure.cn",
    enrollment: "12345678",
    api: "usage-report-v3",
    currency: "CNY",
    taxFactor: "1.060",
  });
  const text = (await cli.run("sources", "show", "reports")).stdout;
  for (const line of [
    /^place +\/providers\/Microsoft\.Billing\/billingAccounts\/1234567$/m,
    /^credential +managed:00001111-/m,
    /^cloud +public$/m,
    /^endpoint +none$/m,
    /^datasets +amortized, actual$/m,
    /^months back +12$/m,
    /^refresh hours +4$/m,
  ]) {
    expect(text).toMatch(line);
  }
  expect((await cli.run("sources", "show", "given")).stdout).toMatch(/^place +none: files are given to it$/m);
  const list = (await cli.run("sources", "list")).stdout;
  expect(list).toMatch(/^old .* env:CONTOSO_EA_KEY +https:\/\/ea\.azure\.cn\/12345678$/m);
  await cli.run("sources", "disable", "old");
  expect(await shown("old")).toMatchObject({ enabled: false, currency: "CNY", taxFactor: "1.060" });
});

test("apply tells each setting of a source that asks an API which it changed", async ({ cli }) => {
  const write = (...settings: string[]) =>
    writeFile(
      join(cli.dir, "sources.yaml"),
      ["sources:", "  - name: old", "    kind: ea", '    enrollment: "1"', "    credential: { env: KEY }"]
        .concat(settings.map((setting) => `    ${setting}`))
        .join("\n"),
    );
  const apply = async () => (await cli.run("apply", "-f", "sources.yaml")).stdout.split("\n")[0];
  await write();
  expect(await apply()).toBe("added      old");
  expect(await apply()).toBe("unchanged  old");
  await write("cloud: china", "monthsBack: 3", 'taxFactor: "1.06"');
  expect(await apply()).toBe(
    "changed    old  (place: https://consumption.azure.com/1 -> https://ea.azure.cn/1, taxFactor: none -> 1.06, monthsBack: 1 -> 3)",
  );
  expect(await apply()).toBe("unchanged  old");
});

test("apply says what it added, changed and left, and resolves paths against the file", async ({ cli }) => {
  const file = (priority: number) =>
    writeFile(
      join(cli.dir, "sources.yaml"),
      `sources:\n  - { name: archive, kind: folder, path: ./exports, priority: ${priority} }\n  - { name: other, kind: folder, path: /srv/x }\n`,
    );
  await cli.run("sources", "add", "third", "--path", ".");
  await file(10);
  expect((await cli.run("apply", "-f", "sources.yaml", "--dry-run")).stdout).toContain("nothing was changed");
  expect((await cli.run("sources", "list")).stdout).not.toContain("archive");
  const added = await runInProcess(["apply", "-f", join(cli.dir, "sources.yaml")], { env: cli.env, cwd: "/" });
  expect(added.stdout).toBe(
    "added      archive\nadded      other\nnot in the file, left as they are: third\n2 sources.\n",
  );
  await file(20);
  expect((await cli.run("apply", "-f", "sources.yaml")).stdout).toBe(
    "changed    archive  (priority: 10 -> 20)\nunchanged  other\nnot in the file, left as they are: third\n2 sources.\n",
  );
  expect(await cli.json("sources", "show", "archive")).toMatchObject({ place: join(cli.dir, "exports"), priority: 20 });
});

test("apply writes nothing when one line is wrong", async ({ cli }) => {
  await writeFile(
    join(cli.dir, "sources.yaml"),
    "sources:\n  - { name: good, kind: folder, path: x }\n  - { name: bad, kind: folder, path: x, priority: high }\n",
  );
  const { code, stderr } = await cli.run("apply", "-f", "sources.yaml");
  expect(code).toBe(2);
  expect(stderr).toContain("sources.yaml:3:41 priority: expected a whole number");
  expect(await cli.json("sources", "list")).toEqual({ sources: [] });
});

test("doctor checks everything and says how to mend what is wrong", async ({ cli }) => {
  const well = await cli.run("doctor");
  expect(well.code).toBe(0);
  expect(well.stdout).toMatch(/^ok +schema +\d+ migrations, all applied$/m);
  expect(well.stdout).toMatch(/^warning +sources +there are none yet/m);

  await cli.run(
    "sources",
    "add",
    "contoso",
    "--url",
    "https://c.blob.core.windows.net/e",
    "--credential",
    "env:NO_SUCH",
  );
  await cli.run("sources", "add", "absent", "--path", "nowhere");
  const ill = await cli.run("doctor");
  expect(ill.code).toBe(1);
  expect(ill.stdout).toMatch(/^failed +source contoso .*the environment variable NO_SUCH is not set: put /m);
  expect(ill.stdout).toMatch(/^failed +source absent .*no such folder: correct the source's path/m);
  expect(ill.stdout).toContain("2 failed");
});

test("doctor goes on after a configuration or server that is wrong", async () => {
  const wrong = await runInProcess(["doctor"], { env: { CLICKHOUSE_URL: "localhost" } });
  expect(wrong).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/failed +configuration +CLICKHOUSE_URL/) as string,
  });
  const gone = await runInProcess(["doctor", "--json"], { env: { CLICKHOUSE_URL: "http://127.0.0.1:1" } });
  expect(gone.code).toBe(1);
  expect(JSON.parse(gone.stdout)).toMatchObject({
    checks: [
      { name: "node", state: "ok" },
      { name: "configuration", state: "ok" },
      { name: "warehouse", state: "failed" },
    ],
  });
});

test("migrate says what it applied, then that there is nothing to do", async ({ cli }) => {
  const env = { ...cli.env, CLICKHOUSE_DATABASE: "to_migrate" };
  const migrate = async () => (await runInProcess(["migrate"], { env })).stdout;
  expect(await migrate()).toMatch(/^0001_cost_landing\.sql\n(.*\n)*Database to_migrate: \d+ migrations applied/);
  expect(await migrate()).toMatch(/^Database to_migrate: nothing to do, schema \d+ is current\.\n$/);
});

test("a server whose schema is behind is refused by commands that read, and mended by migrate", async ({
  cli,
  engine,
}) => {
  const env = { ...cli.env, ...engine.server, CLICKHOUSE_DATABASE: "behind" };
  const behind = await runInProcess(["sources", "list"], { env });
  expect(behind).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/lacks \d+ migrations .*`billhouse migrate`/) as string,
  });
  expect((await runInProcess(["doctor"], { env })).stdout).toMatch(
    /failed +schema +lacks \d+ migrations: run `billhouse migrate`/,
  );
  expect((await runInProcess(["migrate"], { env })).code).toBe(0);
  expect((await runInProcess(["sources", "list"], { env })).code).toBe(0);
});
