import { createClient } from "@clickhouse/client";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base } from "vitest";
import { readLock } from "../../clickhouse/embedded/lock.ts";
import { spawnCli } from "../support/cli.ts";
import type { CliResult, SpawnedCli } from "../support/cli.ts";
import { isAlive, until } from "../support/processes.ts";
import { aRun, exactSum } from "../support/exports.ts";

/** The real program on a data directory of its own: whatever it starts must be gone in the end. */
type Program = {
  readonly dir: string;
  readonly start: (argv: readonly string[], env?: NodeJS.ProcessEnv) => SpawnedCli;
  readonly run: (...argv: string[]) => Promise<CliResult>;
};

const test = base.extend<{ prefix: string; program: Program }>({
  prefix: "billhouse-cli-",
  program: async ({ prefix }, use) => {
    const dir = await mkdtemp(join(tmpdir(), prefix));
    const started: SpawnedCli[] = [];
    const start = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) => {
      const program = spawnCli(argv, { cwd: dir, env });
      started.push(program);
      return program;
    };
    await use({ dir, start, run: (...argv) => start(argv).result });
    for (const program of started) program.signal("SIGKILL"); // only a failed test leaves any
    await warehouseIsGone(dir);
    await rm(dir, { recursive: true, force: true });
  },
});

/** A run large enough that it can be stopped in the middle. */
function aLongRun() {
  const lines = Array.from({ length: 8_000 }, (_, index) => ({
    cost: `0.${index}1`,
    tags: `"n": "${"x".repeat(500)}"`,
  }));
  return aRun({ dataset: "actual", parts: 3, lines });
}

async function warehouseIsGone(dir: string): Promise<void> {
  const lock = await readLock(join(dir, ".billhouse"));
  if (lock !== undefined) await until(() => !isAlive(lock.pid));
}

async function startImport(program: Program): Promise<SpawnedCli> {
  await program.run("sources", "add", "contoso", "--path", "exports");
  const importing = program.start(["import"]);
  await until(() => importing.soFar().stderr.includes('"msg":"part loaded"'));
  return importing;
}

test("Ctrl-C in mid-import stops cleanly, leaves nothing visible and no process; then it can be imported", async ({
  program,
}) => {
  const run = aLongRun();
  await run.writeTo(join(program.dir, "exports"));
  const importing = await startImport(program);
  importing.signal("SIGINT");
  const { code, stdout, stderr } = await importing.result;
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toContain("Stopping. Once more to end at once.");
  expect(stderr).toContain(
    `Not finished: contoso: daily-actual actual 2026-05, run ${run.runId}. Nothing of this attempt is visible.`,
  );
  expect(stderr).not.toContain('"level":"error"');
  await warehouseIsGone(program.dir);

  const visible = "(SELECT count() FROM costs), (SELECT count() FROM publications)";
  const { stdout: left } = await program.run("query", `SELECT ${visible}, state FROM source_attempts FINAL`);
  expect(left).toBe("0\t0\tcanceled\n");
  expect((await program.run("import")).code).toBe(0);
  const { stdout: sum } = await program.run("query", "SELECT sum(cost_in_billing_currency) FROM costs");
  expect(sum.trim()).toBe(exactSum(run.texts, "CostInBillingCurrency"));
});

test("kill -9 in mid-import leaves nothing visible and no warehouse process", async ({ program }) => {
  await aLongRun().writeTo(join(program.dir, "exports"));
  const importing = await startImport(program);
  const lock = await readLock(join(program.dir, ".billhouse"));
  importing.signal("SIGKILL");
  expect((await importing.result).code).toBe(-1);
  await until(() => lock !== undefined && !isAlive(lock.pid));
  expect((await program.run("query", "SELECT count() FROM costs")).stdout).toBe("0\n");
});

test("a reader that has enough, like head, ends a query without an error", async ({ program }) => {
  const query = program.start(["query", "SELECT number FROM numbers(1000000000)"]);
  await until(() => query.soFar().stdout.length > 0);
  query.closeStdout();
  expect(await query.result).toMatchObject({ code: 0, stderr: "" });
});

test("variables in .env are read, those of the environment win", async ({ program }) => {
  await writeFile(join(program.dir, ".env"), "CLICKHOUSE_DATABASE=from_file\n");
  const ask = async (env: NodeJS.ProcessEnv) => (await program.start(["doctor"], env).result).stdout;
  expect(await ask({ CLICKHOUSE_URL: "http://127.0.0.1:1" })).toContain("database from_file");
  expect(await ask({ CLICKHOUSE_URL: "http://127.0.0.1:1", CLICKHOUSE_DATABASE: "own" })).toContain("database own");
});

test("the warehouse in the foreground serves others by user and password until Ctrl-C", async ({ program }) => {
  const password = "geheim";
  const serving = program.start(["warehouse", "--port", "0", "--user", "analyst", "--password-env", "SECRET"], {
    SECRET: password,
  });
  await until(() => serving.soFar().stdout.includes("Ctrl-C stops it."));
  const { stdout } = serving.soFar();
  expect(stdout).not.toContain(password);
  const url = /answers at (http:\/\/127\.0\.0\.1:\d+) /.exec(stdout)?.[1] ?? "";

  const client = createClient({ url, username: "analyst", password, database: "billhouse" });
  const result = await client.query({ query: "SELECT count() FROM costs", format: "CSV" });
  expect(await result.text()).toBe("0\n");
  await client.close();
  const refused = await fetch(`${url}/?query=SELECT+1&user=analyst&password=wrong`);
  expect(refused.status).toBe(403);
  await refused.text();

  expect((await program.run("query", "SELECT 1")).stdout).toBe("1\n");
  const second = await program.run("warehouse", "--port", "0");
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("is running already") as string });

  serving.signal("SIGTERM");
  expect(await serving.result).toMatchObject({
    code: 0,
    stderr: "Stopping. Once more to end at once.\nThe warehouse has stopped.\n",
  });
});
