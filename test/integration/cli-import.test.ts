import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { runInProcess, test } from "../support/cli.ts";
import type { CliResult, TestCli } from "../support/cli.ts";
import { aRun, exactSum } from "../support/exports.ts";
import type { RenderedRun } from "../support/exports.ts";

const FIRST = { submittedAt: "2026-06-02T04:00:00.0000000Z" };
const SECOND = { submittedAt: "2026-06-03T04:00:00.0000000Z" };

async function deliver(cli: TestCli, ...runs: readonly RenderedRun[]): Promise<void> {
  for (const run of runs) await run.writeTo(join(cli.dir, "exports"));
}

async function addSource(cli: TestCli, name = "contoso"): Promise<CliResult> {
  return cli.run("sources", "add", name, "--path", "exports");
}

async function sum(cli: TestCli): Promise<string> {
  const { stdout } = await cli.run("query", "SELECT sum(cost_in_billing_currency) FROM costs");
  return stdout.trim();
}

function lastLine({ stdout }: CliResult): string {
  return (
    stdout
      .trimEnd()
      .split("\n")
      .at(-1)
      ?.replace(/ \([\d.]+ s\)\.$/, "") ?? ""
  );
}

test("import brings a run in with an exact total, and skips it the next time", async ({ cli }) => {
  const run = aRun({ dataset: "actual", parts: 2, lines: [{ cost: "0.1" }, { cost: "0.2" }, { cost: "1e-25" }] });
  await deliver(cli, run);
  expect(await addSource(cli)).toMatchObject({ code: 0, stdout: `Added contoso: ${join(cli.dir, "exports")}\n` });

  const first = await cli.run("import");
  expect(first.code).toBe(0);
  expect(lastLine(first)).toBe("1 run imported, 0 skipped, 0 failed");
  const total = exactSum(run.texts, "CostInBillingCurrency");
  expect(total).toBe("0.3000000000000000000000001");
  expect(first.stdout).toContain(`imported     3  ${total} USD`);
  expect(await sum(cli)).toBe(total);

  const second = await cli.run("import");
  expect(second.code).toBe(0);
  expect(lastLine(second)).toBe("0 runs imported, 1 skipped (1 already imported), 0 failed");
  expect(await sum(cli)).toBe(total);
});

test("import says of how many rows the JSON cannot be read, and counts them all the same", async ({ cli }) => {
  await deliver(cli, aRun({ dataset: "actual", lines: [{ tags: '"env": "pr' }, { additionalInfo: "{" }, {}] }));
  await addSource(cli);
  const { code, stdout } = await cli.run("import");
  expect(code).toBe(0);
  expect(stdout).toContain("tags or additional info of 2 rows cannot be read as JSON; their text is kept.");
  expect(await sum(cli)).toBe("3");
});

test("a part that unpacks to more than the environment allows is refused, and nothing of it is visible", async ({
  cli,
}) => {
  const run = aRun({ dataset: "actual", lines: Array.from({ length: 50 }, () => ({ cost: "1" })) });
  await deliver(cli, run);
  await addSource(cli);
  const limited = await runInProcess(["import"], {
    env: { ...cli.env, BILLHOUSE_PART_LIMIT_GIB: String(8192 / 2 ** 30) },
    cwd: cli.dir,
  });
  expect(limited.code).toBe(1);
  expect(limited.stderr + limited.stdout).toContain(
    "unpacks to more than 0.00000762939453125 GiB, which is the limit of a part. Nothing was published.",
  );
  expect(await sum(cli)).toBe("\\N");
  expect((await cli.run("import")).code).toBe(0);
  expect(await sum(cli)).toBe("50");
});

test("in a pipe every event is a line of JSON on stderr, and --json gives the result on stdout", async ({ cli }) => {
  const run = aRun({ dataset: "actual", lines: [{ cost: "5" }] });
  await deliver(cli, run);
  await addSource(cli);
  const { stdout, stderr } = await cli.run("import", "--json");

  const events = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.map((event) => event["msg"])).toEqual([
    "source listed",
    "run started",
    "part started",
    "part loaded",
    "run imported",
  ]);
  expect(events[3]).toMatchObject({
    level: "info",
    source: "contoso",
    runId: run.runId,
    rowsLoaded: 1,
    rowsRejected: 0,
  });
  expect(JSON.parse(stdout)).toMatchObject({
    sources: [
      {
        source: "contoso",
        error: null,
        problems: [],
        runs: [
          {
            runId: run.runId,
            outcome: "imported",
            report: { rowsLoaded: 1, totals: [{ billing_currency: "USD", actual: "5" }] },
          },
        ],
      },
    ],
  });
});

test("on a terminal bars and a line for each part are drawn instead of events", async ({ cli }) => {
  await deliver(cli, aRun({ dataset: "actual", parts: 2, lines: [{ cost: "5" }, { cost: "6" }] }));
  await addSource(cli);
  const { code, stderr } = await runInProcess(["import"], { env: cli.env, cwd: cli.dir, isTTY: true });
  expect(code).toBe(0);
  expect(stderr).toMatch(/part_0_0001\.csv\.gz: 1 row, \d+ B in [\d.]+ s/);
  expect(stderr).toContain("\u001B[?25h"); // the cursor is back
  expect(stderr).not.toContain('"level"');
});

test("a dry run says what would happen and loads nothing", async ({ cli }) => {
  const run = aRun({ dataset: "actual", lines: [{ cost: "5" }] });
  await deliver(cli, run);
  await addSource(cli);
  const dry = await cli.run("import", "--dry-run");
  expect(dry.code).toBe(0);
  expect(dry.stdout).toMatch(new RegExp(`${run.runId} +would import +1 part, \\d+ B`));
  expect(lastLine(dry)).toBe("1 run would be imported, 0 skipped, 0 failed");
  expect(await cli.json("publications")).toEqual({ publications: [] });
  expect((await cli.run("query", "SELECT count() FROM loads")).stdout).toBe("0\n");
});

test("of two deliveries the later one is imported, the earlier one only by its run id", async ({ cli }) => {
  const first = aRun({ dataset: "actual", ...FIRST, lines: [{ cost: "1" }] });
  const second = aRun({ dataset: "actual", ...SECOND, lines: [{ cost: "2" }] });
  await deliver(cli, first, second);
  await addSource(cli);
  expect(lastLine(await cli.run("import"))).toBe("1 run imported, 1 skipped (1 superseded by a later run), 0 failed");
  expect(await sum(cli)).toBe("2");

  const late = await cli.run("import", "--run-id", first.runId.toUpperCase());
  expect(lastLine(late)).toBe("1 run imported, 1 skipped (1 another run id), 0 failed");
  expect(late.stdout).toContain("a later run answers, this one only fills in days that it lacks.");
  expect(await sum(cli)).toBe("2");
});

test("--overwrite publishes the same run again and counts nothing twice", async ({ cli }) => {
  await deliver(cli, aRun({ dataset: "actual", lines: [{ cost: "5" }] }));
  await addSource(cli);
  await cli.run("import");
  expect(lastLine(await cli.run("import", "--overwrite"))).toBe("1 run imported, 0 skipped, 0 failed");
  expect(await sum(cli)).toBe("5");
  expect(await cli.json("publications", "--history")).toMatchObject({
    publications: [{ isCurrent: false }, { isCurrent: true, rows: 1 }],
  });
});

test("--billing-period imports that month only, written either way", async ({ cli }) => {
  await deliver(
    cli,
    aRun({ dataset: "actual", month: "2026-04", lines: [{ cost: "4" }] }),
    aRun({ dataset: "actual", month: "2026-05", lines: [{ cost: "5" }] }),
  );
  await addSource(cli);
  await cli.run("import", "--billing-period", "2026-05");
  expect(await sum(cli)).toBe("5");
  await cli.run("fetch_and_import_from_blob", "--billing-period", "20260401-20260430");
  expect(await sum(cli)).toBe("9");
});

test("a run that fails is reported in full, exit 1, and does not stop the others", async ({ cli }) => {
  const bad = aRun({ dataset: "actual", month: "2026-04", lines: [{ cost: "1" }, { cost: "abc" }] });
  await deliver(cli, bad, aRun({ dataset: "actual", lines: [{ cost: "5" }] }));
  await addSource(cli);
  const { code, stdout, stderr } = await cli.run("import");
  expect(code).toBe(1);
  expect(stdout).toContain(`contoso: run ${bad.runId}: ${bad.partPaths[0]}:3 (record 2) CostInBillingCurrency:`);
  expect(stdout).toContain("1 run imported, 0 skipped, 1 failed");
  expect(stderr).toContain('"level":"error"');
  expect(await sum(cli)).toBe("5");
  expect((await cli.run("sources", "show", "contoso")).stdout).toContain("(record 2) CostInBillingCurrency:");
});

test("a source that cannot be read does not stop the next one", async ({ cli }) => {
  await deliver(cli, aRun({ dataset: "actual", lines: [{ cost: "5" }] }));
  await cli.run("sources", "add", "absent", "--path", "nowhere");
  await addSource(cli);
  const { code, stdout } = await cli.run("import");
  expect(code).toBe(1);
  expect(stdout).toContain(`absent: ${join(cli.dir, "nowhere")}: no such folder`);
  expect(stdout).toContain("1 run imported, 0 skipped, 0 failed, 1 source could not be read");
});

test("a disabled source is left out, unless it is named", async ({ cli }) => {
  await deliver(cli, aRun({ dataset: "actual", lines: [{ cost: "5" }] }));
  await addSource(cli);
  await cli.run("sources", "disable", "contoso");
  const all = await cli.run("import");
  expect(all).toMatchObject({ code: 2, stderr: expect.stringContaining("Every source is disabled") as string });
  expect((await cli.run("import", "--source-name", "contoso")).code).toBe(0);
  expect(await sum(cli)).toBe("5");
});

test("a source or run that does not exist is asked wrongly and the names there are are listed", async ({ cli }) => {
  const none = await cli.run("import");
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("There are no sources yet") as string });
  await deliver(cli, aRun({ dataset: "actual", lines: [{ cost: "5" }] }));
  await addSource(cli);
  const source = await cli.run("import", "--source-name", "contoso", "--source-name", "contso");
  expect(source).toMatchObject({ code: 2, stderr: 'billhouse: There is no source "contso". There are: contoso.\n' });
  const run = await cli.run("import", "--run-id", "4711");
  expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("contoso: no run 4711") as string });
});

test("inspect lists runs with their state and opens no data file", async ({ cli }) => {
  const first = aRun({ dataset: "actual", ...FIRST, lines: [{ cost: "1" }] });
  const second = aRun({ dataset: "actual", ...SECOND, parts: 2, lines: [{ cost: "2" }, { cost: "3" }] });
  const focus = aRun({ dataset: "focus", lines: [{ cost: "4" }] });
  await deliver(cli, first, second, focus);
  await addSource(cli);
  const states = async () => {
    const found = (await cli.json("inspect")) as { sources: { runs: { runId: string; state: string }[] }[] };
    return Object.fromEntries(found.sources[0]?.runs.map((run) => [run.runId, run.state]) ?? []);
  };
  expect(await states()).toEqual({
    [first.runId]: "superseded",
    [second.runId]: "pending",
    [focus.runId]: "pending",
  });
  await cli.run("import", "--run-id", second.runId);
  expect(await states()).toEqual({
    [first.runId]: "superseded",
    [second.runId]: "imported",
    [focus.runId]: "pending",
  });
  const { code, stdout } = await cli.run("inspect_blob_source");
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`2026-06-03 04:00:00 +${second.runId} +2 +2 +[\\d.]+ k?B +imported`));
  expect(stdout).toContain("3 runs: 1 pending, 1 imported, 1 superseded; 0 problems.");
});

test("inspect shows problems, other exports and leftovers", async ({ cli }) => {
  const broken = aRun({ dataset: "actual", lines: [{ cost: "1" }] }).withoutPart(0);
  await deliver(cli, broken);
  await addSource(cli);
  const { code, stdout } = await cli.run("inspect");
  expect(code).toBe(0);
  expect(stdout).toContain(`cannot be imported: ${broken.manifestPath}`);
  await rm(join(cli.dir, "exports"), { recursive: true });
  const gone = await cli.run("inspect");
  expect(gone).toMatchObject({ code: 1, stdout: expect.stringContaining("no such folder") as string });
});
