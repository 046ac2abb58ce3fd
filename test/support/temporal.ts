import { Client, Connection } from "@temporalio/client";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { NAMESPACE, startDevServer } from "../../tools/temporal/dev-server.ts";
import { freePort } from "../../tools/temporal/free-port.ts";
import { findTemporal, NoTemporalError } from "../../tools/temporal/program.ts";

/** A real Temporal server of a test file's own: its ports, its database, its search attributes. */
export type TemporalServer = {
  /** `127.0.0.1:<port>`, the same for the server's whole life, restarts included. */
  readonly address: string;
  readonly namespace: string;
  /** What a process needs in its environment to use this server. */
  readonly env: { readonly TEMPORAL_ADDRESS: string; readonly TEMPORAL_NAMESPACE: string };
  /** A client that is connected for as long as the server is there; it finds a restarted one again by itself. */
  readonly client: Client;
  /** Ends the server politely; what it knows stays in its database. */
  stop(): Promise<void>;
  /** Ends the server with kill -9. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and database, and waits until it answers. */
  start(): Promise<void>;
  /** All that the server has logged so far. */
  log(): string;
};

const LAST_LINES = 40;

const program = await findProgram();

/**
 * Like `describe`, for tests that need a Temporal server: they get one of their own, whose log is shown when a test
 * fails. Skipped where no server can be had; with CI=true that fails instead.
 */
export function describeWithTemporal(name: string, tests: (temporal: TemporalServer) => void): void {
  describe.skipIf(program === undefined)(name, () => {
    let running: RunningServer | undefined;
    const get = (): RunningServer => {
      if (running === undefined) throw new Error("The Temporal server is there within tests and hooks only");
      return running;
    };
    beforeAll(async () => {
      running = await startServer(program ?? "");
    });
    afterAll(async () => {
      await running?.close();
    });
    afterEach(({ task }) => {
      if (task.result?.state !== "fail") return;
      process.stderr.write(`\n${get().keepLog()}\n`);
    });
    tests({
      get address() {
        return get().address;
      },
      namespace: NAMESPACE,
      get env() {
        return { TEMPORAL_ADDRESS: get().address, TEMPORAL_NAMESPACE: NAMESPACE };
      },
      get client() {
        return get().client;
      },
      stop: () => get().stop(),
      kill: () => get().kill(),
      start: () => get().start(),
      log: () => get().log(),
    });
  });
}

type RunningServer = Omit<TemporalServer, "namespace" | "env"> & {
  /** Lets the log outlive the server, and says where it is and how it ends. */
  keepLog(): string;
  close(): Promise<void>;
};

async function startServer(path: string): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), "billhouse-temporal-"));
  const logFile = join(folder, "server.log");
  const fd = openSync(logFile, "a");
  const log = () => readFileSync(logFile, "utf8");
  let isKept = false;
  const keepLog = () => {
    isKept = true;
    return `Temporal's log, whole in ${logFile}, ends with\n${log().trimEnd().split("\n").slice(-LAST_LINES).join("\n")}`;
  };
  const port = await freePort();
  const start = async () => {
    try {
      return await startDevServer({ program: path, port, dbFilename: join(folder, "temporal.db"), log: fd });
    } catch (cause) {
      throw new Error(keepLog(), { cause });
    }
  };
  let server = await start();
  const connection = await Connection.connect({ address: server.address });
  return {
    address: server.address,
    client: new Client({ connection, namespace: NAMESPACE }),
    stop: () => server.end("SIGTERM"),
    kill: () => server.end("SIGKILL"),
    async start() {
      server = await start();
    },
    log,
    keepLog,
    async close() {
      await connection.close();
      await server.end("SIGKILL");
      closeSync(fd);
      const database = ["temporal.db", "temporal.db-wal", "temporal.db-shm"].map((name) => join(folder, name));
      for (const done of isKept ? database : [folder]) await rm(done, { recursive: true, force: true });
    },
  };
}

async function findProgram(): Promise<string | undefined> {
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  try {
    return (await findTemporal({ env: process.env, note })).path;
  } catch (error) {
    if (!(error instanceof NoTemporalError) || process.env["CI"] === "true") throw error;
    note(`TEMPORAL TESTS ARE SKIPPED. ${error.message.replaceAll("\n", " ")}`);
    return undefined;
  }
}
