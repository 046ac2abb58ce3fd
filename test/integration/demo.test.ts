import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { lockPath, readLock } from "../../clickhouse/embedded/lock.ts";
import { isAlive } from "../support/processes.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

test("the demo ends well, leaves no process, can be run again, and prints commands that work", async () => {
  const dataDir = await aDataDir();

  const first = await startDemo(dataDir);
  expect(await first.ended).toBe(0);
  await first.hasLeftNothing();
  const { output } = first;
  expect(first.errors()).toBe("");
  expect(output()).not.toMatch(/^\{/m); // events as JSON are for machines
  expect(output()).toMatch(/ea-actual .* superseded\n/);
  expect(output()).toContain("5 runs loaded");
  expect(output()).toContain("0 runs loaded, 0 rows; 7 skipped: 5 already imported, 2 superseded by a later run.");
  expect(output()).toContain("5 runs and 6 sums: every difference is 0.");

  const second = await startDemo(dataDir);
  expect(await second.ended).toBe(0);
  await second.hasLeftNothing();
  expect(second.output()).toContain("An earlier demo has been there.");
  expect(second.output()).toContain("5 runs and 6 sums: every difference is 0.");
  expect(proofOf(second.output())).toEqual(proofOf(output()));

  const commands =
    output().match(/(?<=^ {3})BILLHOUSE_DATA_DIR=.* -- (query|publications|reconcile|sources).*$/gm) ?? [];
  expect(commands).toHaveLength(5);
  const answers: string[] = [];
  for (const command of commands) answers.push(await type(command));
  const totalsInSummary = answers[0]?.match(/(?<=\ttotal\t)\S+/g);
  const totals = answers[1]?.match(/(?<=\t)\S+/g);
  expect(totals).toHaveLength(3);
  expect(totalsInSummary).toEqual(totals);
});

test.each([
  { what: "Ctrl-C", stop: async ({ child }: StartedDemo) => process.kill(-Number(child.pid), "SIGINT") },
  { what: "the end of Azurite", stop: async (demo: StartedDemo) => process.kill(await azuriteOf(demo), "SIGKILL") },
  { what: "kill -9", stop: async ({ child }: StartedDemo) => child.kill("SIGKILL") },
])("no process is left after $what in mid-import, and the demo can be run again", async ({ what, stop }) => {
  const dataDir = await aDataDir();
  const demo = await startDemo(dataDir, 20_000);
  await patiently(() => demo.output().includes("3. Bring it in"));
  await stop(demo);
  expect(await demo.ended).toBe(what === "kill -9" ? null : 1);
  await demo.hasLeftNothing();
  expect(demo.output()).not.toContain("Done in");

  const again = await startDemo(dataDir);
  expect(await again.ended).toBe(0);
  await again.hasLeftNothing();
});

test("Ctrl-C while exports are generated ends the demo", async () => {
  const demo = await startDemo(await aDataDir(), 10_000_000);
  await patiently(() => demo.output().includes("1. Exports"));
  process.kill(-Number(demo.child.pid), "SIGINT");
  expect(await demo.ended).toBe(1);
  await demo.hasLeftNothing();
  expect(demo.errors()).toContain("Stopped.");
});

test("a data directory with somebody's own sources is refused and stays as it is", async () => {
  const dataDir = await aDataDir();
  const billhouse = (command: string) => type(`BILLHOUSE_DATA_DIR=${dataDir} npm run -s billhouse -- ${command}`);
  await billhouse("sources add archive --path .");
  const sources = await billhouse("sources list");
  await patiently(() => !existsSync(lockPath(dataDir))); // so that the demo has a warehouse of its own

  const demo = await startDemo(dataDir);
  expect(await demo.ended).toBe(1);
  await demo.hasLeftNothing();
  expect(demo.errors()).toContain("holds data of archive");
  expect(demo.errors()).toContain("BILLHOUSE_DATA_DIR=.billhouse-demo npm run demo");
  expect(await billhouse("sources list")).toBe(sources);
});

type StartedDemo = {
  readonly child: ChildProcess;
  readonly warehousePid: number;
  /** Its exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  readonly output: () => string;
  readonly errors: () => string;
  /** Makes sure that Azurite and the warehouse have ended, too. */
  readonly hasLeftNothing: () => Promise<void>;
};

/** Starts the demo in a process group of its own, which is what a terminal's Ctrl-C reaches. */
async function startDemo(dataDir: string, rows = 2_000): Promise<StartedDemo> {
  const args = ["--import", "tsx", "src/demo/main.ts", "--rows", `${rows}`];
  const env = { ...process.env, BILLHOUSE_DATA_DIR: dataDir, CLICKHOUSE_URL: "", CLICKHOUSE_DATABASE: "" };
  const child = spawn(process.execPath, args, { cwd: REPOSITORY, env, detached: true });
  const group = -Number(child.pid);
  onTestFinished(() => void (isAlive(group) && process.kill(group, "SIGKILL")));
  const [output, errors] = [textOf(child.stdout), textOf(child.stderr)];
  const ended = once(child, "close").then(([code]: (number | null)[]) => code ?? null);
  let warehousePid = 0;
  await patiently(async () => (warehousePid = (await readLock(dataDir))?.pid ?? 0) > 0);
  const hasLeftNothing = async () => {
    const wasKilled = (await ended) === null;
    // The demo itself waits for the warehouse, unless it was killed.
    expect(!wasKilled && (isAlive(warehousePid) || existsSync(lockPath(dataDir)))).toBe(false);
    await expect.poll(() => listLiving([-group, warehousePid]), { timeout: 60_000 }).toEqual([]);
  };
  return { child, warehousePid, ended, output, errors, hasLeftNothing };
}

/** Waits for a condition as long as a busy machine may need. */
async function patiently(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(isTrue, { timeout: 60_000, interval: 20 }).toBe(true);
}

/** What still runs of process groups; what ended and only waits to be noticed does not. A warehouse is one of its own. */
async function listLiving(groups: readonly number[]): Promise<string[]> {
  const living: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (groups.includes(Number(group)) && state !== "Z") living.push(stat);
  }
  return living;
}

/** The process id of the demo's Azurite. */
async function azuriteOf({ child }: StartedDemo): Promise<number> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
  for (const pid of children.trim().split(" ")) {
    if ((await readFile(`/proc/${pid}/cmdline`, "utf8")).includes("azurite")) return Number(pid);
  }
  throw new Error("The demo has no Azurite");
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => text;
}

/** Types a command into a shell and gives what it prints. */
async function type(command: string): Promise<string> {
  const { stdout } = await run("sh", ["-c", command], { cwd: REPOSITORY });
  return stdout;
}

function proofOf(output: string): string[] {
  return output.match(/^.* = .*$/gm) ?? [];
}

async function aDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "billhouse-demo-"));
  onTestFinished(async () => {
    const last = await readLock(dataDir); // the last command's warehouse stays for a moment
    await expect.poll(() => listLiving(last === undefined ? [] : [last.pid]), { timeout: 60_000 }).toEqual([]);
    await rm(dataDir, { recursive: true, force: true });
  });
  return dataDir;
}
