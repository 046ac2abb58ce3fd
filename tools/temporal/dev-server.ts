import { Client, Connection, WorkflowNotFoundError } from "@temporalio/client";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { SEARCH_ATTRIBUTES, TASK_QUEUE } from "../../src/domain/workflow-names.ts";

/** The namespace that every development server has. */
export const NAMESPACE = "default";

const IP = "127.0.0.1";
const LOOK_MS = 25;
const PATIENCE_MS = 60_000;

/** What a development server is started with. */
export type DevServerOptions = {
  /** The path of the `temporal` program. */
  readonly program: string;
  readonly port: number;
  /** The port of the web UI; without one there is none. */
  readonly uiPort?: number;
  /** The file that keeps workflows and schedules; without one they are gone with the server. */
  readonly dbFilename?: string;
  /** From which level on the server logs; "warn" without one. */
  readonly logLevel?: "error" | "warn" | "info" | "debug";
  /** Where its log goes: this process's stderr, or an open file. */
  readonly log: "inherit" | number;
  /** Ends the waiting for a server that does not come up. */
  readonly signal?: AbortSignal;
};

/** A development server that answers. */
export type DevServer = {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** Comes true when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Sends a signal and waits until the server has ended: SIGTERM lets it close its database, SIGKILL does not. */
  readonly end: (signal: "SIGTERM" | "SIGKILL") => Promise<void>;
};

// The server is the child of a shell that reads signals to hand on from a pipe. The pipe closes when this process
// ends, kill -9 included: then the server ends as well.
const KEEPER = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{ while read -r signal <&3; do kill -s "$signal" "$server"; done; kill -s KILL "$server"; } >/dev/null 2>&1 &
keeper=$!
wait "$server"
code=$?
kill "$keeper" 2>/dev/null
exit "$code"
`;

/** Starts a development server on loopback, with Billhouse's search attributes, and waits until it answers. */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { program, port, log, signal } = options;
  const address = `${IP}:${port}`;
  const child = spawn("sh", ["-c", KEEPER, "sh", program, ...serverArguments(options)], {
    // A group of its own: Ctrl-C reaches this process only, which decides what becomes of the server.
    detached: true,
    stdio: ["pipe", "ignore", log],
  });
  child.stdin?.on("error", () => undefined); // it was quicker to end
  let hasEnded = false;
  const ended = once(child, "exit").then(() => void (hasEnded = true));
  // A caller that forgets about it can end; the server then ends with it.
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  const end: DevServer["end"] = async (by) => {
    child.ref();
    if (!hasEnded) child.stdin?.write(`${by.slice("SIG".length)}\n`);
    await ended;
  };

  try {
    await untilServing(address, () => hasEnded, signal);
  } catch (error) {
    await end("SIGKILL");
    throw error;
  }
  return { address, ended, end };
}

function serverArguments({ port, uiPort, dbFilename, logLevel }: DevServerOptions): string[] {
  return [
    "server",
    "start-dev",
    `--ip=${IP}`,
    `--port=${port}`,
    `--log-level=${logLevel ?? "warn"}`,
    ...(uiPort === undefined ? ["--headless"] : [`--ui-ip=${IP}`, `--ui-port=${uiPort}`]),
    // With one partition a task is never in another one than the worker that waits for it.
    "--dynamic-config-value=matching.numTaskqueueReadPartitions=1",
    "--dynamic-config-value=matching.numTaskqueueWritePartitions=1",
    // What a workflow wants done is handed to its worker at once where that has room: so by default from 1.32 on.
    "--dynamic-config-value=system.enableActivityEagerExecution=true",
    // Killed, it keeps everything; only when the machine loses its power, the last moments may be gone. Nothing waits for
    // the disk with each of Temporal's many small writes then: they go to a log beside the file.
    ...(dbFilename === undefined
      ? []
      : [`--db-filename=${dbFilename}`, "--sqlite-pragma=journal_mode=wal", "--sqlite-pragma=synchronous=normal"]),
    ...Object.values(SEARCH_ATTRIBUTES).map((name) => `--search-attribute=${name}=Keyword`),
  ];
}

/** Waits until all services of the server answer; throws when it has ended instead. */
async function untilServing(address: string, hasEnded: () => boolean, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  let last: unknown;
  while (!hasEnded() && Date.now() < deadline) {
    try {
      return await askEveryService(address);
    } catch (error) {
      last = error;
      await sleep(LOOK_MS, undefined, { signal });
    }
  }
  throw new Error(`Temporal's server on ${address} ${hasEnded() ? "ended before it answered" : "does not answer"}`, {
    cause: last,
  });
}

async function askEveryService(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: "2s" });
  try {
    const { workflowService } = connection;
    // Frontend and matching, then frontend and history, then what lists workflows.
    await workflowService.describeTaskQueue({ namespace: NAMESPACE, taskQueue: { name: TASK_QUEUE } });
    const none = new Client({ connection, namespace: NAMESPACE }).workflow.getHandle("none");
    await none.describe().catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
    await workflowService.listWorkflowExecutions({ namespace: NAMESPACE, pageSize: 1 });
  } finally {
    await connection.close();
  }
}
