import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import type { WorkflowBundle } from "@temporalio/worker";
import { WorkflowUpdateFailedError } from "@temporalio/client";
import type { WorkflowHandle } from "@temporalio/client";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { WorkflowName } from "../../src/domain/workflow-names.ts";
import type { ApiSource, Source } from "../../src/domain/source.ts";
import type { ImportEvent } from "../../src/import-events.ts";
import { PART_LIMIT_BYTES } from "../../src/sources/part-limit.ts";
import { openExtractor, openStore } from "../../src/sources/open-store.ts";
import type { Extractor } from "../../src/sources/extractor.ts";
import type { Store } from "../../src/sources/store.ts";
import { createWorker } from "../../src/worker.ts";
import { bundleWorkflows } from "../../src/workflow-bundle.ts";
import { spawnCli } from "./cli.ts";
import type { TemporalServer } from "./temporal.ts";

/** What a test says of a worker in its own process. */
export type WorkerOptions = {
  readonly warehouse: Warehouse;
  /** How the worker reaches a source's files; a test may stand in their way. */
  readonly openStore?: (source: Source) => Store;
  readonly openExtractor?: (source: ApiSource) => Extractor;
  readonly taskQueue?: string;
};

/** A worker in the test's own process, and what its task queue takes. */
export type TestWorker = {
  readonly taskQueue: string;
  /** What has happened so far. */
  readonly events: readonly ImportEvent[];
  /** Starts a workflow on the worker's queue. */
  readonly start: (type: WorkflowName, workflowId: string, input?: unknown) => Promise<WorkflowHandle>;
  readonly stop: () => Promise<void>;
};

const START_MS = 60_000;

let workflows: Promise<WorkflowBundle> | undefined;

/** Starts a worker in this process, on a queue of its own unless one is named. */
export async function startWorker(temporal: TemporalServer, options: WorkerOptions): Promise<TestWorker> {
  const { warehouse, taskQueue = `test-${randomUUID()}` } = options;
  const events: ImportEvent[] = [];
  const logger = new DefaultLogger("ERROR", () => undefined);
  if (Runtime._instance === undefined) Runtime.install({ logger, shutdownSignals: [] });
  workflows ??= bundleWorkflows(logger);
  const worker = await createWorker({
    temporal: {
      address: temporal.address,
      connection: { address: temporal.address },
      namespace: temporal.namespace,
      taskQueue,
    },
    // However busy the machine is, a test wants its work done.
    config: { memoryPercent: 100, cpuPercent: 100, slots: 20, isVersioned: false },
    version: "test",
    workflows: await workflows,
    dependencies: {
      warehouse,
      openStore: options.openStore ?? ((source) => openStore(source, process.env)),
      openExtractor: options.openExtractor ?? ((source) => openExtractor(source, process.env)),
      partLimitBytes: PART_LIMIT_BYTES,
    },
    tell: (event) => void events.push(event),
  });
  const running = worker.run();
  running.catch(() => undefined); // `stop` tells
  return {
    taskQueue,
    events,
    start: (type, workflowId, input) =>
      temporal.client.workflow.start(type, { taskQueue, workflowId, args: input === undefined ? [] : [input] }),
    async stop() {
      worker.stop();
      await running;
    },
  };
}

/** A worker in a process of its own. */
export type SpawnedWorker = {
  readonly pid: number;
  /** What it has logged so far, one JSON line per event. */
  readonly log: () => string;
  /** Ends it with kill -9, and waits for that. */
  readonly kill: () => Promise<void>;
  /** Ends it politely and gives its exit code. */
  readonly stop: () => Promise<number>;
};

/**
 * Starts `billhouse worker` in a process of its own and waits until it works. `env` names the warehouse
 * (CLICKHOUSE_URL, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD, CLICKHOUSE_DATABASE) and what else it needs.
 */
export async function spawnWorker(temporal: TemporalServer, env: NodeJS.ProcessEnv): Promise<SpawnedWorker> {
  const child = spawnCli(["worker"], {
    env: { BILLHOUSE_WORKER_MEMORY_PERCENT: "100", BILLHOUSE_WORKER_CPU_PERCENT: "100", ...temporal.env, ...env },
  });
  const log = () => child.soFar().stderr;
  let code: number | undefined;
  const ended = child.result.then((result) => (code = result.code));
  for (const deadline = Date.now() + START_MS; !log().includes('"worker started"'); await sleep(20)) {
    if (code !== undefined) throw new Error(`The worker has ended with ${code}:\n${log()}`);
    if (Date.now() > deadline) throw new Error(`The worker did not start:\n${log()}`);
  }
  const end = async (signal: NodeJS.Signals) => {
    child.signal(signal);
    return ended;
  };
  return { pid: child.pid, log, kill: async () => void (await end("SIGKILL")), stop: () => end("SIGTERM") };
}

/** Why an update was refused. */
export async function refusalOf(update: Promise<unknown>): Promise<string> {
  try {
    await update;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return error.cause?.message ?? error.message;
    throw error;
  }
  throw new Error("The update was taken");
}
