import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { formatDuration } from "../../src/commands/format.ts";
import { isProgram } from "./is-program.ts";

const PACKAGE = "github.com/temporalio/cli";
const LAST_LINES = 15;
const LOOK_MS = 100;
/** What no build takes: a lock of that age was left behind, and its process id belongs to somebody else. */
const STALE_MS = 30 * 60_000;

/** What is built, with which Go, and where to. */
export type Build = {
  /** The path of the `go` program. */
  readonly go: string;
  readonly version: string;
  /** The path at which the program appears, whole, at the end. */
  readonly target: string;
  readonly env: NodeJS.ProcessEnv;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal | undefined;
};

/**
 * Builds the program from the Go module beside this file. Of several processes that ask at once, one builds and the
 * others wait for it. Throws with the last lines that Go printed.
 */
export async function buildProgram(build: Build): Promise<void> {
  const { target, note, signal } = build;
  const lock = `${target}.lock`;
  await mkdir(dirname(target), { recursive: true });
  for (let isToldToWait = false; !(await takeLock(lock)); isToldToWait = true) {
    if (!isToldToWait) note("Another process is building Temporal's server; waiting for it.");
    while (await isHeld(lock)) await sleep(LOOK_MS, undefined, { signal });
    // Two that see a dead one's lock may both go on: then both build, and the later rename wins, which harms nobody.
    await rm(lock, { force: true });
    if (await isProgram(target)) return;
  }
  try {
    if (!(await isProgram(target))) await compile(build);
  } finally {
    await rm(lock, { force: true });
  }
}

async function compile({ go, version, target, env, note, signal }: Build): Promise<void> {
  const begin = performance.now();
  note(`Building Temporal's development server (${PACKAGE} ${version}) with Go, once. It takes two to three minutes.`);
  const temporary = `${target}.${randomUUID()}.tmp`;
  const flags = ["-mod=readonly", "-trimpath", `-ldflags=-s -w -X ${PACKAGE}/temporalcli.Version=${version}`];
  const child = spawn(go, ["build", ...flags, "-o", temporary, `${PACKAGE}/cmd/temporal`], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...env, CGO_ENABLED: "0", GOWORK: "off" },
    signal,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  try {
    const [code, killer] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    if (code !== 0) {
      const lines = output.trimEnd().split("\n").slice(-LAST_LINES).join("\n");
      throw new Error(`go build ended with ${killer ?? `code ${code}`}; its last lines:\n${lines}`);
    }
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
  note(`Built in ${formatDuration(performance.now() - begin)}, and kept in ${target}.`);
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Whether a lock is there whose process still lives. */
async function isHeld(lock: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(lock, "utf8"), stat(lock)]);
    if (Date.now() - mtimeMs > STALE_MS) return false;
    // Between its creation and its first byte a lock is empty.
    return text === "" ? Date.now() - mtimeMs < 1_000 : process.kill(Number(text), 0);
  } catch {
    return false;
  }
}
