import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, vi } from "vitest";
import { runInProcess, spawnCli, test as base } from "../support/cli.ts";
import type { CliResult, SpawnedCli } from "../support/cli.ts";
import { aRun } from "../support/exports.ts";
import type { RenderedRun } from "../support/exports.ts";
import { ACTUAL, linesOf } from "../support/tracking-scene.ts";
import { describeWithTemporal } from "../support/temporal.ts";

/** A database of the file's own, and a worker for it. */
type Crew = { readonly dir: string; readonly env: NodeJS.ProcessEnv; readonly worker: SpawnedCli };

/** A source of a test's own, whose name is in the ids of its workflows, and commands. */
type Team = {
  readonly dir: string;
  readonly source: string;
  readonly run: (...argv: string[]) => Promise<CliResult>;
  readonly json: (...argv: string[]) => Promise<unknown>;
  /** The same command without Temporal. */
  readonly runHere: (...argv: string[]) => Promise<CliResult>;
  /** The same with an address at which there is no Temporal. */
  readonly runAway: (...argv: string[]) => Promise<CliResult>;
  /** In a process of its own, on a task queue that has no worker until it is started. */
  readonly spawnIdle: (...argv: string[]) => SpawnedCli;
  readonly runIdle: (...argv: string[]) => Promise<CliResult>;
  readonly startIdleWorker: () => Promise<SpawnedCli>;
  readonly deliver: (...runs: readonly RenderedRun[]) => Promise<void>;
  /** Rows of what is published, by month. */
  readonly published: () => Promise<Record<string, number>>;
};

const QUEUE = "crew";
const WAIT = { timeout: 60_000, interval: 20 };
const soFar = (process: SpawnedCli, text: string) =>
  vi.waitFor(() => expect(process.soFar().stderr).toContain(text), WAIT);

async function startWorker(env: NodeJS.ProcessEnv, cwd: string): Promise<SpawnedCli> {
  const worker = spawnCli(["worker"], { env, cwd });
  await soFar(worker, '"worker started"');
  return worker;
}

async function stopWorker(worker: SpawnedCli): Promise<void> {
  worker.signal("SIGTERM");
  await worker.result;
}

describeWithTemporal("commands with Temporal", (temporal) => {
  let crew: Promise<Crew> | undefined; // begun by the first test, which has the engine
  async function startCrew(prefix: string, dataDir: string): Promise<Crew> {
    const dir = await mkdtemp(join(tmpdir(), prefix));
    const env = { BILLHOUSE_DATA_DIR: dataDir, CLICKHOUSE_DATABASE: "crew" };
    const worker = await startWorker({ ...env, ...temporal.env, BILLHOUSE_TASK_QUEUE: QUEUE }, dir);
    return { dir, env, worker };
  }
  afterAll(async () => {
    if (crew === undefined) return;
    const { worker, dir } = await crew;
    await stopWorker(worker);
    await rm(dir, { recursive: true, force: true });
  });
  const test = base.extend<{ team: Team }>({
    async team({ prefix, engine }, use) {
      crew ??= startCrew(prefix, engine.dataDir);
      const { dir, env } = await crew;
      const source = `source-${randomUUID()}`;
      const on = (queue: string) => ({ env: { ...env, ...temporal.env, BILLHOUSE_TASK_QUEUE: queue }, cwd: dir });
      const [busy, idle] = [on(QUEUE), on(`idle-${source}`)];
      const run = (...argv: string[]) => runInProcess(argv, busy);
      const spawned: SpawnedCli[] = [];
      const json = async (...argv: string[]) => JSON.parse((await run(...argv, "--json")).stdout) as unknown;
      await run("sources", "add", source, "--path", source);
      await use({
        dir,
        source,
        run,
        json,
        runHere: (...argv) => runInProcess(argv, { env, cwd: dir }),
        runAway: (...argv) => runInProcess(argv, { env: { ...env, TEMPORAL_ADDRESS: "127.0.0.1:1" }, cwd: dir }),
        spawnIdle(...argv) {
          const process = spawnCli(argv, idle);
          spawned.push(process);
          return process;
        },
        runIdle: (...argv) => runInProcess(argv, idle),
        async startIdleWorker() {
          const worker = await startWorker(idle.env, dir);
          spawned.push(worker);
          return worker;
        },
        async deliver(...runs) {
          for (const each of runs) await each.writeTo(join(dir, source));
        },
        async published() {
          const { publications } = (await json("publications", "--source-name", source)) as {
            publications: { month: string; rows: number }[];
          };
          return Object.fromEntries(publications.map(({ month, rows }) => [month, rows]));
        },
      });
      for (const process of spawned) process.signal("SIGKILL"); // those that a test that failed has left
    },
  });

  test("an import runs on a worker and says the same as in this process", async ({ team }) => {
    const run = aRun({ dataset: "actual", parts: 2, lines: [{ cost: "0.1" }, { cost: "0.2" }, { cost: "1e-25" }] });
    await team.deliver(run);

    const first = await team.run("import", "--source-name", team.source);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain("imported     3  0.3000000000000000000000001 USD");
    expect(first.stdout).toMatch(/\n1 run imported, 0 skipped, 0 failed \(.*\)\.\n$/);
    expect(messagesOf(first)).toEqual([
      "note",
      "source listed",
      "run started",
      "part started",
      "part started",
      "part loaded",
      "part loaded",
      "run imported",
    ]);
    expect(first.stderr).toContain(`import/${team.source} is started in Temporal at ${temporal.address}.`);

    const followed = await team.run("follow", `import/${team.source}/actual/2026-05/${run.runId}`);
    expect(followed).toMatchObject({ code: 0, stdout: expect.stringContaining("1 run imported") as string });

    const both = await team.json("import", "--source-name", team.source, "--source-name", "nowhere");
    expect(both).toMatchObject({
      sources: [
        { source: team.source, error: null, runs: [], moreSkipped: [{ reason: "already imported", count: 1 }] },
        { source: "nowhere", error: expect.stringContaining('There is no source "nowhere"') as string },
      ],
    });
    const dry = await team.run("import", "-s", team.source, "--overwrite", "--dry-run");
    expect(dry.stdout).toContain("1 run would be imported");
    const unknown = await team.run("import", "--source-name", "nowhere");
    expect(unknown).toMatchObject({ code: 2, stdout: "" });
    expect(unknown.stderr).toContain(`billhouse: There is no source "nowhere". There are: `);
    const none = await team.run("import", "-s", team.source, "--run-id", "4711");
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("no run 4711") as string });
  });

  test("a run that fails is reported in full, exit 1", async ({ team }) => {
    const bad = aRun({ dataset: "actual", lines: [{ cost: "1" }, { cost: "abc" }] });
    await team.deliver(bad);
    const { code, stdout, stderr } = await team.run("import", "--source-name", team.source);
    expect(code).toBe(1);
    expect(stdout).toContain(
      `${team.source}: run ${bad.runId}: ${bad.partPaths[0]}:3 (record 2) CostInBillingCurrency:`,
    );
    expect(stdout).toContain("0 runs imported, 0 skipped, 1 failed");
    expect(stderr).toContain('"msg":"run failed"');
  });

  test("without a worker that is said within seconds; Ctrl-C leaves the import running, and it can be followed", async ({
    team,
  }) => {
    await team.deliver(aRun({ dataset: "actual", lines: [{ cost: "5" }] }));
    const id = `import/${team.source}`;
    const importing = team.spawnIdle("import", "--source-name", team.source);
    await soFar(importing, "No worker polls");
    expect(importing.soFar().stderr).toContain(
      `at ${temporal.address}: start one with \`billhouse worker\`. ${id} waits for it.`,
    );
    importing.signal("SIGINT");
    const { code, stdout, stderr } = await importing.result;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(
      `${id} goes on. Follow it with \`billhouse follow ${id}\`, cancel it with \`billhouse cancel ${id}\`.`,
    );

    const following = team.spawnIdle("follow", team.source, "--json");
    await soFar(following, "No worker polls");
    const worker = await team.startIdleWorker();
    const followed = await following.result;
    expect(followed.code).toBe(0);
    expect(JSON.parse(followed.stdout)).toMatchObject({ sources: [{ runs: [{ outcome: "imported" }] }] });
    expect(followed.stderr).toContain("run imported");
    await stopWorker(worker);
    const again = await team.run("follow", id);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("1 run imported") as string });
  });

  test("what runs already is joined; with other options it is refused; cancel ends it with nothing visible", async ({
    team,
  }) => {
    await team.deliver(aRun({ dataset: "actual", lines: [{ cost: "5" }] }));
    const id = `import/${team.source}`;
    const first = team.spawnIdle("import", "--source-name", team.source, "--billing-period", "2026-05");
    await soFar(first, "is started");
    const second = team.spawnIdle("import", "--source-name", team.source, "--billing-period", "2026-05");
    await soFar(second, "it is followed, nothing new was started");

    const other = await team.runIdle("import", "--source-name", team.source, "--overwrite");
    expect(other).toMatchObject({ code: 2, stdout: "" });
    expect(other.stderr).toMatch(
      new RegExp(
        `^billhouse: ${id} runs since .* UTC with other options \\(overwrite: none instead of true, billingPeriod: ` +
          `{.*} instead of none\\)\\. Wait for it \\(\`billhouse follow ${id}\`\\) or cancel it`,
      ),
    );

    const canceling = team.spawnIdle("cancel", team.source);
    await soFar(canceling, "is asked to stop");
    const worker = await team.startIdleWorker();
    expect(await canceling.result).toMatchObject({
      code: 0,
      stdout: `${id} is canceled. Runs that were imported before stay visible, whole; nothing else is.\n`,
    });
    for (const each of [first, second]) {
      const { code, stdout, stderr } = await each.result;
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain(`billhouse: ${id} was canceled.`);
    }
    await stopWorker(worker);
    expect(await team.published()).toEqual({});
    const nothing = await team.run("cancel", team.source);
    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining("nothing runs under") as string });
  });

  test("a backfill imports month by month, in Temporal and in this process alike", async ({ team }) => {
    const months = ["2026-03", "2026-04", "2026-05"] as const;
    await team.deliver(...months.map((month) => aRun({ dataset: "actual", month, lines: [{ cost: "1" }] })));
    const period = ["--source-name", team.source, "--from", "2026-03", "--to", "2026-04"];
    const here = await team.runHere("backfill", ...period);
    expect(here.code).toBe(0);
    expect(here.stdout).toContain("2026-04         1        0       0\n2026-03         1        0       0\n");
    expect(here.stdout).toContain("2 months: 2 runs imported, 0 skipped, 0 failed");

    const there = await team.json("backfill", ...period, "--to", "2026-05");
    const month = { imported: 0, skipped: 1, failed: 0, error: null };
    expect(there).toEqual({
      source: team.source,
      months: [
        { ...month, month: "2026-05", imported: 1, skipped: 0 },
        { ...month, month: "2026-04" },
        { ...month, month: "2026-03" },
      ],
    });
    expect((await team.run("follow", `backfill/${team.source}`)).stdout).toContain(
      "3 months: 1 run imported, 2 skipped",
    );
    expect(await team.published()).toEqual({ "2026-03": 1, "2026-04": 1, "2026-05": 1 });
  });

  test("prune runs on a worker and says what it frees", async ({ team }) => {
    await team.deliver(aRun({ dataset: "actual", lines: [{ cost: "1" }] }));
    await team.runHere("import", "--source-name", team.source);
    await team.runHere("import", "--source-name", team.source, "--overwrite");
    expect(await team.json("prune", "--source-name", team.source, "--keep", "1", "--dry-run")).toMatchObject({
      dryRun: true,
      keep: 1,
      freed: [{ source: team.source, publications: 1, rows: 1 }],
    });
    const { code, stdout } = await team.run("prune", "--source-name", team.source, "--keep", "1");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("1 load with 1 row dropped") as string,
    });
    expect((await team.run("prune", "--source-name", team.source, "--keep", "1")).stdout).toBe(
      "There is nothing to prune.\n",
    );
  });

  test("a schedule is created, updated or unchanged; it is listed, paused, resumed and removed", async ({ team }) => {
    const set = (...options: string[]) => team.run("schedule", "set", team.source, ...options);
    const created = await set("--cron", "0 6 1 jan *", "--time-zone", "Europe/Berlin");
    expect(created.stdout).toMatch(
      /^created {2}schedule of .*: 0 6 1 jan \* Europe\/Berlin, next \d{4}-01-01 05:0\d:\d\d UTC/,
    );
    expect((await set("--cron", "0  6 1 JAN *", "--time-zone", "Europe/Berlin")).stdout).toMatch(/^unchanged/);
    expect((await set("--cron", "0 6 1 jan *", "--paused")).stdout).toMatch(/^updated .* UTC, paused\.\n$/);
    expect((await set("--cron", "0 7 1 jan *")).stdout, "it stays paused").toMatch(/^updated .*, paused\.\n$/);
    expect((await team.run("schedule", "resume", team.source)).stdout).toMatch(/goes on, next .*-01-01 07:0/);
    expect((await team.run("schedule", "pause", team.source)).code).toBe(0);
    const [listed] = await schedulesOf(team);
    expect(listed).toMatchObject({
      cron: "0 7 1 jan *",
      timeZone: "UTC",
      jitterSeconds: 60,
      catchUpSeconds: 86_400,
      isPaused: true,
      next: null,
      last: null,
      lastRun: null,
    });
    expect((await team.run("schedule", "remove", team.source)).code).toBe(0);
    const gone = await team.run("schedule", "trigger", team.source);
    expect(gone).toMatchObject({ code: 2, stderr: expect.stringContaining("has no schedule") as string });
    const unknown = await team.run("schedule", "set", "nowhere", "--cron", "@daily");
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no source "nowhere"') as string,
    });
  });

  test.for([
    "30 6 1-7 jan,dec 0-7/2",
    "5/20 1-5/2 * * 7",
    "0 0 * * 3-7/3",
    "0 0 * * */2",
    "1,2,40-50/5 * 31 * *",
    "@yearly",
  ])("%j means to Temporal what it means here: set twice it is unchanged", async (cron, { team }) => {
    const set = async () => (await team.json("schedule", "set", team.source, "--cron", cron)) as { change: string };
    expect((await set()).change).toBe("created");
    expect((await set()).change).toBe("unchanged");
    await team.run("schedule", "remove", team.source);
  });

  test("a schedule that is triggered imports its source, and the list says what that brought", async ({ team }) => {
    await team.deliver(aRun({ dataset: "actual", lines: [{ cost: "5" }] }));
    await team.run("schedule", "set", team.source, "--cron", "0 6 1 jan *", "--paused");
    expect((await team.run("schedule", "trigger", team.source)).stdout).toMatch(/^Started: /);
    const brought = { state: "imported", imported: 1, skipped: 0, failed: 0, error: "" };
    await vi.waitFor(async () => expect(await schedulesOf(team)).toMatchObject([{ lastRun: brought }]), WAIT);
    expect((await team.run("schedule", "list")).stdout).toMatch(/ {2}paused .* {2}1 imported, 0 skipped, 0 failed\n/);
    expect(await team.published()).toEqual({ "2026-05": 1 });
    await team.run("schedule", "remove", team.source);
  });

  test("apply sets the schedules of its file, and without Temporal says loudly that it does not", async ({ team }) => {
    const source = `{ name: ${team.source}, kind: folder, path: ${team.source}`;
    const write = (schedule: string) => writeFile(join(team.dir, "s.yaml"), `sources:\n  - ${source}${schedule} }\n`);
    await write(`, schedule: "0 6 1 jan *"`);
    const without = await team.runHere("apply", "-f", "s.yaml");
    expect(without).toMatchObject({ code: 0, stdout: expect.stringContaining("not set    schedule of") as string });
    expect(without.stderr).toContain("1 schedule of the file NOT SET, because TEMPORAL_ADDRESS is not");
    expect(await schedulesOf(team)).toEqual([]);

    const changes = async (...options: string[]) => {
      const applied = (await team.json("apply", "-f", "s.yaml", ...options)) as { schedules: { change: string }[] };
      return applied.schedules.map(({ change }) => change);
    };
    expect(await changes("--dry-run")).toEqual(["created"]);
    expect(await changes()).toEqual(["created"]);
    expect(await changes()).toEqual(["unchanged"]);
    await write(`, schedule: { cron: "0 6 1 jan *", jitter: 5m, paused: true }`);
    expect(await changes()).toEqual(["updated"]);
    expect(await schedulesOf(team)).toMatchObject([{ jitterSeconds: 300, isPaused: true }]);
    await write("");
    expect(await changes()).toEqual(["removed"]);
    expect(await changes()).toEqual([]);
    expect(await schedulesOf(team)).toEqual([]);

    await write(`, priority: 7, schedule: "0 6 1 jan *"`);
    const away = await team.runAway("apply", "-f", "s.yaml");
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached") as string });
    expect(await team.json("sources", "show", team.source), "nothing was changed").toMatchObject({ priority: 100 });
  });

  test("rules are evaluated on a worker, and an import gives new resources theirs", async ({ team }) => {
    const write = async (name: string, text: string) => {
      await writeFile(join(team.dir, name), text);
      return name;
    };
    const file = await write("rules.yaml", "- { id: 1, resource_tracking: vm-web }\n");
    const applied = await team.run("rules", "apply", "-f", file);
    expect(applied).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/added {6}1 vm-web[^]*\nAssigned /) as string,
    });
    expect(applied.stderr).toContain(`tracking/changes is started in Temporal at ${temporal.address}.`);

    await team.deliver(aRun({ dataset: "actual", lines: linesOf(ACTUAL, "2026-05") }));
    const imported = await team.run("import", "--source-name", team.source);
    expect(imported.stdout).toMatch(
      new RegExp(
        `\n${team.source}: Assigned 4 new or changed resources in .*: 1 with a rule, 3 without, 0 conflicts\\.\n`,
      ),
    );
    expect(messagesOf(imported).slice(-3)).toEqual(["run imported", "tracking started", "tracking done"]);

    expect(await team.json("rules", "evaluate")).toMatchObject({ kind: "whole", assigned: 1, brokenCount: 0 });
    const followed = await team.run("follow", "tracking/anew");
    expect(followed).toMatchObject({ code: 0, stdout: expect.stringContaining("1 with a rule") as string });

    const away = await team.runAway("rules", "apply", "-f", await write("none.yaml", "rules: []\n"), "--replace");
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining("the rules are WRITTEN, but") as string });
    expect((await team.run("rules", "evaluate")).stdout).toContain(": 0 with a rule, ");
  });

  test("a server that goes away and comes back is waited for, and the import goes on", async ({ team }) => {
    await team.deliver(aRun({ dataset: "actual", lines: [{ cost: "5" }] }));
    const importing = team.spawnIdle("import", "--source-name", team.source);
    await soFar(importing, "is started in Temporal");
    await temporal.kill();
    await soFar(importing, `Temporal at ${temporal.address} does not answer. It is asked again until it does.`);
    await temporal.start();
    await soFar(importing, `Temporal at ${temporal.address} answers again.`);
    const worker = await team.startIdleWorker();
    expect(await importing.result).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("1 run imported, 0 skipped, 0 failed") as string,
    });
    await stopWorker(worker);
  });
});

type Listed = { readonly source: string; readonly lastRun: { readonly state: string } | null };

/** Temporal's list may be behind for a moment, so the schedules of other tests may still be there. */
async function schedulesOf(team: Team): Promise<Listed[]> {
  const { schedules } = (await team.json("schedule", "list")) as { schedules: Listed[] };
  return schedules.filter(({ source }) => source === team.source);
}

function messagesOf({ stderr }: CliResult): string[] {
  const events = stderr.trimEnd().split("\n");
  const messages = events.map((line) => (JSON.parse(line) as { level: string; msg: string }).msg);
  return messages.filter((message) => message !== "part progress");
}
