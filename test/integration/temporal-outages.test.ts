import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { WorkflowFailedError } from "@temporalio/client";
import type { WorkflowHandle } from "@temporalio/client";
import { CancelledFailure } from "@temporalio/common";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { TestContext } from "vitest";
import { createWarehouse } from "../../clickhouse/client.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { serveEmbedded } from "../../clickhouse/embedded/process.ts";
import { migrate } from "../../clickhouse/migrate.ts";
import { listSourceStatus } from "../../clickhouse/sources.ts";
import { importId } from "../../src/domain/workflow-names.ts";
import { freePort } from "../../tools/temporal/free-port.ts";
import { startAzurite } from "../support/azurite.ts";
import type { Azurite } from "../support/azurite.ts";
import { addBlobSource, openStores, storageEnv } from "../support/blob-source.ts";
import { aDataDir } from "../support/embedded.ts";
import { aRun } from "../support/exports.ts";
import type { RenderedRun } from "../support/exports.ts";
import { startFaultyAzurite } from "../support/faulty-azurite.ts";
import type { Fault, FaultyAzurite } from "../support/faulty-azurite.ts";
import { countRunningLoads, listAttempts } from "../support/loads.ts";
import { later } from "../support/small-file.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import type { TemporalServer } from "../support/temporal.ts";
import { spawnWorker, startWorker } from "../support/temporal-worker.ts";
import { agreedTotals } from "../support/totals.ts";
import { importAll, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";
import { warehouseEnv } from "../support/warehouse-env.ts";

/** With the time that its start takes it is half a minute. */
const OUTAGE_MS = 28_500;
const RETRY_AFTER_SECONDS = 4;
const PARTS = 3;
/** How often a connection to Azure's storage is tried before the load has failed and Temporal's turn has come. */
const TRIES = 5;
const PATIENCE = { timeout: 60_000, interval: 25 };
/** What the totals are before the import, and after it. */
const BEFORE = { actual: "1", amortized: "0" };
const AFTER = { actual: "900", amortized: "0" };

let azurite: Azurite;
let engine: TestEngine;

beforeAll(async () => {
  [azurite, engine] = await Promise.all([startAzurite(), startTestEngine()]);
  for (const [name, value] of Object.entries(storageEnv(azurite))) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([azurite.close(), engine.close()]);
});

describeWithTemporal("an import in mid-load", (temporal) => {
  // These wait for the most part: they do so together.
  test.concurrent("outlives half a minute without its warehouse", async (context) => {
    const served = await aServedWarehouse(context);
    const stage = await aStage(context, "stopped", served.warehouse, () => ({ kind: "hold", share: 0.5 }));
    const worker = await aWorkerProcess(context, temporal, stage);
    const handle = await start(temporal, stage, worker);
    await vi.waitFor(async () => expect(await countRunningLoads(stage.warehouse)).toBe(PARTS), PATIENCE);

    await served.stop();
    stage.storage.letGo();
    await sleep(OUTAGE_MS);
    expect((await handle.describe()).status.name).toBe("RUNNING");
    await served.start();
    expect(await agreedTotals(stage.warehouse)).toEqual(BEFORE);
    await expectImported(stage, handle);
    for (const states of await attemptsAt(stage)) expect(states.toSorted()).toEqual(["loaded", "started"]);
  });

  test.concurrent("comes back to an Azure that is busy when that asked for it, and takes up lost connections", async (context) => {
    const stage = await aStage(context, "refused", await engine.database(), (part, nth) => {
      if (nth > TRIES) return undefined;
      if (part === 0) return { kind: "refuse", status: 503, retryAfterSeconds: RETRY_AFTER_SECONDS };
      return { kind: "drop", share: part === 1 ? 0.5 : 0 };
    });
    const handle = await start(temporal, stage, await aWorkerHere(context, temporal, stage));
    await expectImported(stage, handle);
    const [refused, halved, cut] = await attemptsAt(stage);
    expect([refused, halved, cut]).toEqual([["failed", "loaded"], ["loaded"], ["failed", "loaded"]]);
    const times = stage.storage.asked.filter(({ path }) => path === stage.run.partPaths[0]).map(({ at }) => at);
    expect((times[TRIES] ?? 0) - (times[TRIES - 1] ?? 0)).toBeGreaterThanOrEqual(RETRY_AFTER_SECONDS * 1000);
  });

  test.concurrent("leaves nothing visible and no query when it is cancelled", async (context) => {
    const stage = await aStage(context, "cancelled", await engine.database(), (part) =>
      part === 0 ? undefined : { kind: "hold", share: 0.5 },
    );
    const handle = await start(temporal, stage, await aWorkerHere(context, temporal, stage));
    await vi.waitFor(async () => {
      expect(await attemptsAt(stage)).toEqual([["loaded"], ["started"], ["started"]]);
      expect(await countRunningLoads(stage.warehouse)).toBe(2);
    }, PATIENCE);

    await handle.cancel();
    const failure: unknown = await handle.result().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkflowFailedError);
    expect(failure).toMatchObject({ cause: expect.any(CancelledFailure) as unknown });
    expect(await countRunningLoads(stage.warehouse)).toBe(0);
    expect(await agreedTotals(stage.warehouse)).toEqual(BEFORE);
    expect(await attemptsAt(stage)).toEqual([["loaded"], ["failed"], ["failed"]]);
    expect((await listSourceStatus(stage.warehouse, {}))[0]).toMatchObject({ state: "canceled" });
  });

  test("outlives Temporal's own end with kill -9", async (context) => {
    const stage = await aStage(context, "orphaned", await engine.database(), (part) =>
      part === 0 ? undefined : { kind: "hold", share: 0.5 },
    );
    const handle = await start(temporal, stage, await aWorkerProcess(context, temporal, stage));
    await vi.waitFor(async () => {
      expect(await attemptsAt(stage)).toEqual([["loaded"], ["started"], ["started"]]);
      expect(stage.storage.held()).toHaveLength(2);
    }, PATIENCE);

    await temporal.kill();
    stage.storage.letGo(stage.run.partPaths[1]); // this one ends while there is nobody to be told of it
    await vi.waitFor(async () => expect((await attemptsAt(stage))[1]).toEqual(["loaded"]), PATIENCE);
    await temporal.start();
    stage.storage.letGo();
    await expectImported(stage, handle);
    expect(await attemptsAt(stage)).toEqual([["loaded"], ["loaded"], ["loaded"]]);
  });
});

/** A source in Azure with a run that answers already, and one of several parts that follows it. */
type Stage = {
  readonly source: string;
  readonly warehouse: Warehouse;
  readonly storage: FaultyAzurite;
  readonly run: RenderedRun;
};

/** `faultOf` says what happens to the n-th request for a part of the new run, counted from 1. */
async function aStage(
  { onTestFinished }: TestContext,
  source: string,
  warehouse: Warehouse,
  faultOf: (part: number, nth: number) => Fault | undefined,
): Promise<Stage> {
  const elder = aRun({ dataset: "actual", exportName: source, lines: [{ cost: "1" }] });
  const lines = Array.from({ length: PARTS * 100 }, () => ({ cost: "3" }));
  const run = aRun({ dataset: "actual", parts: PARTS, lines, ...later(elder) });
  const storage = await startFaultyAzurite(azurite, ({ path, nth }) => {
    const part = run.partPaths.indexOf(path);
    return part < 0 ? undefined : faultOf(part, nth);
  });
  onTestFinished(() => storage.close());
  const container = await addBlobSource(warehouse, { name: source, azurite, url: storage.url });
  await elder.writeTo(container);
  await importAll(warehouse, source);
  await run.writeTo(container);
  return { source, warehouse, storage, run };
}

/** A worker in this process; gives its task queue. */
async function aWorkerHere({ onTestFinished }: TestContext, temporal: TemporalServer, stage: Stage): Promise<string> {
  const worker = await startWorker(temporal, { warehouse: stage.warehouse, openStore: openStores(azurite) });
  onTestFinished(async () => {
    stage.storage.letGo(); // it ends when its work has
    await worker.stop();
  });
  return worker.taskQueue;
}

/** A worker as people run it; gives its task queue. */
async function aWorkerProcess(
  { onTestFinished }: TestContext,
  temporal: TemporalServer,
  stage: Stage,
): Promise<string> {
  const taskQueue = stage.source;
  const env = { ...warehouseEnv(stage.warehouse), ...storageEnv(azurite), BILLHOUSE_TASK_QUEUE: taskQueue };
  const worker = await spawnWorker(temporal, env);
  onTestFinished(() => worker.kill());
  return taskQueue;
}

async function start({ client }: TemporalServer, { source }: Stage, taskQueue: string): Promise<WorkflowHandle> {
  return client.workflow.start("importSource", { taskQueue, workflowId: importId(source), args: [{ source }] });
}

async function expectImported({ warehouse, run }: Stage, handle: WorkflowHandle): Promise<void> {
  const imported = { outcome: "imported", runId: run.runId };
  expect(await handle.result()).toMatchObject({ problems: [], runs: [imported, { outcome: "skipped" }] });
  expect(await agreedTotals(warehouse)).toEqual(AFTER);
}

/** How the loads of each part of the new run stand. */
async function attemptsAt({ warehouse, run }: Stage): Promise<string[][]> {
  const attempts = await listAttempts(warehouse);
  return run.partPaths.map((path) => attempts.get(path) ?? []);
}

/** A warehouse at an address of its own, which can be stopped and started there again. */
async function aServedWarehouse({ onTestFinished }: TestContext) {
  const login = { username: "default", password: "of-the-test" };
  const options = { dataDir: await aDataDir(), port: await freePort(), ...login };
  let server = await serveEmbedded(options);
  const warehouse = createWarehouse({ url: server.url, ...login, database: "billhouse" });
  await migrate(warehouse);
  onTestFinished(async () => {
    await warehouse.close();
    await server.close();
    await rm(options.dataDir, { recursive: true });
  });
  return {
    warehouse,
    async stop() {
      process.kill(server.pid, "SIGKILL"); // asked politely it would take ten seconds for the loads that are held
      await server.closed;
    },
    start: async () => void (server = await serveEmbedded(options)),
  };
}
