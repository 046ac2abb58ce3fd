import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, Connection } from "@temporalio/client";
import type { WorkflowHandle } from "@temporalio/client";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import { createWarehouse } from "../clickhouse/client.ts";
import type { Warehouse } from "../clickhouse/client.ts";
import { acquireEmbedded } from "../clickhouse/embedded/process.ts";
import { migrate } from "../clickhouse/migrate.ts";
import { saveSource } from "../clickhouse/sources.ts";
import { saveRules } from "../clickhouse/tracking-rules.ts";
import { createEstate } from "../src/demo/estate.ts";
import { folderSink } from "../src/demo/sink.ts";
import { writeExport } from "../src/demo/write-export.ts";
import { daysOfMonth } from "../src/domain/month.ts";
import type { Month } from "../src/domain/month.ts";
import { WarehouseError } from "../src/domain/errors.ts";
import { EXTRACTION_DEFAULTS, isApiSource, SOURCE_DEFAULTS } from "../src/domain/source.ts";
import { shortRule } from "../src/domain/tracking-rule.ts";
import type { WorkflowName } from "../src/domain/workflow-names.ts";
import { openStore } from "../src/sources/open-store.ts";
import { PART_LIMIT_BYTES } from "../src/sources/part-limit.ts";
import type { Store } from "../src/sources/store.ts";
import { createWorker } from "../src/worker.ts";
import type { WorkerOptions } from "../src/worker.ts";
import { bundleWorkflows } from "../src/workflow-bundle.ts";
import { createReports } from "./history-reports.ts";
import type { Answer } from "./history-reports.ts";
import { neutralHistory } from "./neutral-history.ts";
import { NAMESPACE, startDevServer } from "./temporal/dev-server.ts";
import { freePort } from "./temporal/free-port.ts";
import { findTemporal } from "./temporal/program.ts";

/** What happens to the n-th opening of a part, counted from 1: it waits until it is cancelled, or it fails. */
export type Hindrance = (nth: number) => "waits" | Error | undefined;

/** A run in a source's folder, in whose way something may be. */
export type Delivery = {
  readonly source: string;
  readonly month: Month;
  /** The day of June on which it was asked for: a later run comes before an earlier one. */
  readonly day?: number;
  readonly parts?: number;
  /** For the parts, from the first one on. */
  readonly hindrances?: readonly Hindrance[];
};

/** Where workflows run to be recorded: a Temporal server, a worker and a warehouse of their own. */
export type Studio = {
  readonly client: Client;
  /** Puts a run into a source's folder, adding the source; gives the run's id. */
  readonly deliver: (delivery: Delivery) => Promise<string>;
  /** Adds a source that asks an API, and what that says, question by question. */
  readonly addApi: (source: string, answers: readonly Answer[]) => Promise<void>;
  /** Lets the warehouse refuse the n-th insert into a table from now on, counted from 1. */
  readonly refuse: (table: string, nth: number) => void;
  /** Writes a rule that some resources of every source match. */
  readonly addRule: () => Promise<void>;
  /** Gives this very execution, whatever follows under its id. */
  readonly start: (type: WorkflowName, workflowId: string, input?: unknown) => Promise<WorkflowHandle>;
  /** The history of a workflow as JSON. */
  readonly historyOf: (handle: WorkflowHandle) => Promise<string>;
};

const TASK_QUEUE = "histories";
/** Where the exports are, as the histories have it. */
const NEUTRAL_FOLDER = "/exports";

const API = {
  ...SOURCE_DEFAULTS,
  ...EXTRACTION_DEFAULTS,
  kind: "cost-details",
  datasets: ["actual"],
  cloud: "public",
  endpoint: null,
  identity: { kind: "default" },
  scope: "/providers/Microsoft.Billing/billingAccounts/1234567",
  by: "month",
} as const;

const RULE = shortRule("1", "vm");

/** Works in a studio, of which nothing is left afterwards. */
export async function inStudio<T>(work: (studio: Studio) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "billhouse-histories-"));
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  const { path: program } = await findTemporal({ env: process.env, note });
  const server = await startDevServer({ program, port: await freePort(), logLevel: "error", log: "inherit" });
  const engine = await acquireEmbedded({ dataDir: join(folder, "warehouse") });
  const warehouse = createWarehouse({ ...engine, database: "billhouse" });
  await migrate(warehouse);
  const exports = createExports(warehouse, join(folder, "exports"));
  const reports = createReports(join(folder, "exports"));
  const refusals = createRefusals(warehouse);
  const worker = await aWorker(server.address, {
    warehouse: refusals.warehouse,
    openStore: (source) =>
      isApiSource(source) ? reports.openStore(source) : exports.hinder(openStore(source, process.env)),
    openExtractor: reports.openExtractor,
    partLimitBytes: PART_LIMIT_BYTES,
  });
  const working = worker.run();
  const connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection, namespace: NAMESPACE });
  try {
    return await work({
      client,
      deliver: (delivery) => exports.deliver(delivery),
      async addApi(source, answers) {
        reports.tell(source, answers);
        await saveSource(warehouse, { ...API, name: source });
      },
      refuse: refusals.refuse,
      addRule: () => saveRules(warehouse, { saved: [RULE], removed: [], fallback: undefined }, "studio"),
      async start(type, workflowId, input) {
        const args = input === undefined ? [] : [input];
        const started = await client.workflow.start(type, { taskQueue: TASK_QUEUE, workflowId, args });
        return client.workflow.getHandle(workflowId, started.firstExecutionRunId);
      },
      historyOf: async (handle) =>
        neutralHistory(await handle.fetchHistory(), [{ from: join(folder, "exports"), to: NEUTRAL_FOLDER }]),
    });
  } finally {
    await connection.close();
    worker.stop();
    await working;
    await warehouse.close();
    await engine.release();
    await server.end("SIGTERM");
    await rm(folder, { recursive: true, force: true, maxRetries: 20 }); // the engine writes into it to the last
  }
}

function createRefusals(warehouse: Warehouse) {
  const left = new Map<string, number>();
  const refusing: Warehouse = {
    ...warehouse,
    async insert(table, rows) {
      const nth = left.get(table);
      if (nth !== undefined) left.set(table, nth - 1);
      if (nth === 1) throw new WarehouseError(`${table}: refused. Try again.`);
      return warehouse.insert(table, rows);
    },
  };
  return { warehouse: refusing, refuse: (table: string, nth: number) => void left.set(table, nth) };
}

async function aWorker(address: string, dependencies: WorkerOptions["dependencies"]) {
  const logger = new DefaultLogger("ERROR");
  Runtime.install({ logger, shutdownSignals: [] });
  return createWorker({
    temporal: { address, connection: { address }, namespace: NAMESPACE, taskQueue: TASK_QUEUE },
    config: { memoryPercent: 100, cpuPercent: 100, slots: 20, isVersioned: false },
    version: "recorded",
    workflows: await bundleWorkflows(logger),
    dependencies,
  });
}

/** The folders of the sources, and what is in the way of their files. */
function createExports(warehouse: Warehouse, folder: string) {
  const hindrances = new Map<string, Hindrance>();
  const openings = new Map<string, number>();
  let count = 0;
  return {
    async deliver({ source, month, day = 1, parts = 1, hindrances: wanted = [] }: Delivery): Promise<string> {
      const path = join(folder, source);
      await saveSource(warehouse, { ...SOURCE_DEFAULTS, name: source, kind: "folder", path });
      const runId = `${String(++count).padStart(8, "0")}-0000-4000-8000-000000000000`;
      const written = await writeExport(folderSink(path), {
        estate: createEstate({ seed: source, agreement: "ea", currency: "EUR", subscriptions: 1, resources: 3 }),
        columns: "ea-2023-12-01-preview",
        dataset: "actual",
        days: daysOfMonth(month),
        rows: 30,
        parts,
        gzip: true,
        level: 1,
        bom: false,
        eol: "\n",
        exportName: "daily",
        runId,
        submittedAt: `2026-06-0${day}T04:00:00.0000000Z`,
        layout: "create-new",
        rootFolder: "exports",
      });
      for (const [index, hindrance] of wanted.entries()) {
        const part = written.parts[index];
        if (part !== undefined) hindrances.set(part.path, hindrance);
      }
      return runId;
    },
    hinder(store: Store): Store {
      return {
        ...store,
        async open(file, signal) {
          const nth = (openings.get(file.path) ?? 0) + 1;
          openings.set(file.path, nth);
          const hindrance = hindrances.get(file.path)?.(nth);
          if (hindrance instanceof Error) throw hindrance;
          if (hindrance === "waits" && signal !== undefined) {
            if (!signal.aborted) await once(signal, "abort");
            signal.throwIfAborted();
          }
          return store.open(file, signal);
        },
      };
    },
  };
}
