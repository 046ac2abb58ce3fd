import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, open, readFile, realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { totalmem } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as z from "zod";
import { ConfigurationError, WarehouseError } from "../../src/domain/errors.ts";
import { lease, type Lease } from "./lease.ts";
import { readLock, type Lock } from "./lock.ts";
import { THREADS, type WarehouseOptions } from "./options.ts";

/** Which warehouse, and how much memory it may take when it has to be started for this (default: half the machine's). */
export type EmbeddedOptions = {
  readonly dataDir: string;
  readonly maxMemoryBytes?: number;
  readonly signal?: AbortSignal;
};

/** A warehouse that is there for as long as it is held. */
export type EmbeddedWarehouse = {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly pid: number;
  /** Resolves when the warehouse has ended, or was released. */
  readonly lost: Promise<void>;
  /** Lets it go; it ends soon after nobody holds it any more. */
  release(): Promise<void>;
};

/** Where a warehouse is to be reached by others, and who may. */
export type ServeOptions = EmbeddedOptions & {
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly username?: string;
  readonly password: string;
};

export type ServedWarehouse = {
  readonly url: string;
  readonly pid: number;
  /** Resolves when the warehouse has ended, whoever ended it. */
  readonly closed: Promise<void>;
  /** Ends it, whoever else holds it, and resolves when its process is gone. */
  close(): Promise<void>;
};

const Said = z.object({ failed: z.string() });

const ENVIRONMENT = {
  UV_THREADPOOL_SIZE: String(THREADS),
  // Freed memory goes back to the system after half a second, not five: a load's peak is 150 MB lower.
  JE_MALLOC_CONF: "dirty_decay_ms:500",
};

const START_MILLISECONDS = 60_000;
const RETRY_MILLISECONDS = 50;

/** Takes hold of the warehouse of a directory: of the one that is running, or of one that this starts. */
export async function acquireEmbedded(options: EmbeddedOptions): Promise<EmbeddedWarehouse> {
  return acquire(options, { host: "127.0.0.1", port: 0 });
}

/** Starts a warehouse at an address of its own; throws when the directory has one already. */
export async function serveEmbedded(options: ServeOptions): Promise<ServedWarehouse> {
  const { host = "127.0.0.1", port = 0, username = "default", password } = options;
  if (password === "" && !["127.0.0.1", "::1", "localhost"].includes(host)) {
    throw new ConfigurationError(
      `${host}: a warehouse that others can reach needs a password. Set one, or use 127.0.0.1.`,
    );
  }
  const warehouse = await acquire(options, { host, port, login: { username, password } });
  const { url, pid, lost } = warehouse;
  const close = async () => {
    signalTo(pid, "SIGTERM");
    while (signalTo(pid, 0)) await sleep(RETRY_MILLISECONDS);
  };
  return { url, pid, closed: lost, close };
}

type Address = Pick<WarehouseOptions, "host" | "port" | "login">;

async function acquire(options: EmbeddedOptions, address: Address): Promise<EmbeddedWarehouse> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(options.dataDir);
  const deadline = Date.now() + START_MILLISECONDS;
  for (let isOurs = address.login === undefined; ;) {
    options.signal?.throwIfAborted();
    const running = await held(dataDir);
    if (running !== undefined && isOurs) return warehouseOf(running.lock, running.lease);
    if (running !== undefined) {
      await running.lease.release();
      throw new WarehouseError(
        `${options.dataDir}: its warehouse is running already, at ${running.lock.url} (process ${running.lock.pid}). Use that one, or end it first.`,
      );
    }
    const failure = await start({
      dataDir,
      maxMemoryBytes: options.maxMemoryBytes ?? Math.floor(totalmem() / 2),
      ...address,
    });
    // Somebody else may have been faster, or is just letting go.
    if (failure !== undefined && (!failure.isLocked || Date.now() > deadline)) {
      throw new WarehouseError(`${dataDir}: the embedded warehouse could not start: ${failure.message}`);
    }
    if (failure === undefined) isOurs = true;
    else await sleep(RETRY_MILLISECONDS);
  }
}

async function held(dataDir: string): Promise<{ lock: Lock; lease: Lease } | undefined> {
  const lock = await readLock(dataDir);
  const taken = lock === undefined ? undefined : await lease(lock);
  return lock === undefined || taken === undefined ? undefined : { lock, lease: taken };
}

function warehouseOf(lock: Lock, taken: Lease): EmbeddedWarehouse {
  const { url, username, password, pid } = lock;
  return { url, username, password, pid, lost: taken.lost, release: async () => taken.release() };
}

type Failure = {
  readonly message: string;
  /** Another process has the data open. */
  readonly isLocked: boolean;
};

/** Starts the process and waits until it answers, or has ended without. */
async function start(options: WarehouseOptions): Promise<Failure | undefined> {
  const logPath = join(options.dataDir, "warehouse.log");
  const log = await open(logPath, "a", 0o600);
  const { size } = await log.stat();
  const child = spawn(process.execPath, program(), {
    // Its own process group: Ctrl-C is for the command, which still needs its warehouse to stop cleanly.
    detached: true,
    cwd: options.dataDir,
    env: { ...process.env, ...ENVIRONMENT },
    stdio: ["pipe", "pipe", log.fd],
  });
  await log.close();
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(JSON.stringify(options));
  const said = await firstLine(child);
  child.unref();
  child.stdout?.destroy();
  if (said.includes('"ready"')) return undefined;
  const errors = (await readFile(logPath, "utf8")).slice(size);
  const reason = said === "" ? "its process ended" : Said.parse(JSON.parse(said)).failed;
  return { message: [reason, errors.trim()].filter(Boolean).join(": "), isLocked: errors.includes("Cannot lock file") };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) return "";
  for await (const line of createInterface(child.stdout)) return line;
  return "";
}

/** What Node is to run: the source itself, with a translator, where this is the source. */
function program(): string[] {
  if (!import.meta.url.endsWith(".ts")) return [fileURLToPath(new URL("main.js", import.meta.url))];
  const translator = createRequire(import.meta.url).resolve("tsx"); // found from any working directory
  return ["--import", pathToFileURL(translator).href, fileURLToPath(new URL("main.ts", import.meta.url))];
}

function signalTo(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
