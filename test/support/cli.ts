import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { test as base } from "vitest";
import { runCli } from "../../src/command-line.ts";
import { startEngine, type Engine } from "./engine.ts";

/** What a command line gave. */
export type CliResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** What a test says of the process; everything else is empty. */
export type CliOptions = {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly stdin?: string | Readable;
  /** Gives the test what Ctrl-C does, and what the second one would do. */
  readonly interrupt?: { pressed: () => void; readonly exits: number[] };
  /** Whether the outputs are terminals. */
  readonly isTTY?: boolean;
};

/** Runs a command line in this process, as a function. */
export async function runInProcess(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { env = {}, cwd = tmpdir(), stdin = "", isTTY = false, interrupt } = options;
  const stdout = new Collector(isTTY);
  const stderr = new Collector(isTTY);
  const code = await runCli({
    argv,
    env,
    cwd,
    stdin: typeof stdin === "string" ? Readable.from([stdin]) : stdin,
    stdout,
    stderr,
    onSignal: (listener) => {
      if (interrupt !== undefined) interrupt.pressed = listener;
      return () => undefined;
    },
    exit: (exitCode) => void interrupt?.exits.push(exitCode),
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Collector extends Writable {
  text = "";
  readonly isTTY: boolean;
  readonly columns = 120;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** The real program in a process of its own. */
export type SpawnedCli = {
  readonly pid: number;
  readonly signal: (name: NodeJS.Signals) => void;
  /** What it has written so far. */
  readonly soFar: () => { readonly stdout: string; readonly stderr: string };
  readonly closeStdout: () => void;
  readonly result: Promise<CliResult>;
};

/** Starts `bin/billhouse.js`. A process that a signal has ended has the code -1. */
export function spawnCli(argv: readonly string[], { env = {}, cwd = tmpdir() }: CliOptions = {}): SpawnedCli {
  const program = fileURLToPath(new URL("../../bin/billhouse.js", import.meta.url));
  const child = spawn(process.execPath, [program, ...argv], {
    cwd,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (written.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (written.stderr += chunk.toString()));
  const result = new Promise<CliResult>((resolve) => {
    child.once("close", (code) => resolve({ code: code ?? -1, ...written }));
  });
  return {
    pid: child.pid ?? 0,
    signal: (name) => void child.kill(name),
    soFar: () => ({ ...written }),
    closeStdout: () => void child.stdout.destroy(),
    result,
  };
}

/** A directory and a database of a test's own, and commands on them. */
export type TestCli = {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly run: (...argv: string[]) => Promise<CliResult>;
  /** The same with `--json`, parsed. */
  readonly json: (...argv: string[]) => Promise<unknown>;
};

/** The engine that the tests of a file share. */
export type TestEngine = Engine & {
  /** Variables that let a command take it for a server of somebody else. */
  readonly server: NodeJS.ProcessEnv;
};

/**
 * Tests with a `cli`; the tests of a file share one engine, each has its own database. Those that only read share a
 * database, too: `reader`.
 */
export const test = base.extend<{ prefix: string; engine: TestEngine; reader: TestCli; cli: TestCli }>({
  prefix: ["billhouse-cli-", { scope: "file" }],
  engine: [
    async ({ prefix }, use) => {
      const engine = await startEngine(prefix);
      const { url, username, password } = engine;
      const server = { CLICKHOUSE_URL: url, CLICKHOUSE_USER: username, CLICKHOUSE_PASSWORD: password };
      await use({ ...engine, server });
      await engine.close();
    },
    { scope: "file" },
  ],
  reader: [async ({ engine }, use) => use(onDatabase(engine, tmpdir(), await engine.addDatabase())), { scope: "file" }],
  cli: async ({ prefix, engine }, use) => {
    const dir = await mkdtemp(join(tmpdir(), prefix));
    await use(onDatabase(engine, dir, await engine.addDatabase()));
    await rm(dir, { recursive: true, force: true });
  },
});

function onDatabase(engine: TestEngine, dir: string, database: string): TestCli {
  const env = { BILLHOUSE_DATA_DIR: engine.dataDir, CLICKHOUSE_DATABASE: database };
  const run = (...argv: string[]) => runInProcess(argv, { env, cwd: dir });
  const json = async (...argv: string[]) => JSON.parse((await run(...argv, "--json")).stdout) as unknown;
  return { dir, env, run, json };
}
