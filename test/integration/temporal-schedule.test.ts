import type { WorkflowHandle } from "@temporalio/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSourceStatus } from "../../clickhouse/sources.ts";
import type { Sink } from "../../src/demo/sink.ts";
import { importId, scheduledImportId, scheduleId } from "../../src/domain/workflow-names.ts";
import { parseScheduleSettings } from "../../src/temporal/schedule-settings.ts";
import { requireSchedule, setSchedule, triggerSchedule } from "../../src/temporal/schedules.ts";
import { startWorkflow } from "../../src/temporal/start.ts";
import { startAzurite } from "../support/azurite.ts";
import type { Azurite } from "../support/azurite.ts";
import { addBlobSource, openStores } from "../support/blob-source.ts";
import { until } from "../support/processes.ts";
import { aRun, exactSum } from "../support/exports.ts";
import { startFaultyAzurite } from "../support/faulty-azurite.ts";
import type { FaultyAzurite } from "../support/faulty-azurite.ts";
import { later } from "../support/small-file.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import type { TemporalServer } from "../support/temporal.ts";
import { startWorker } from "../support/temporal-worker.ts";
import { agreedTotals } from "../support/totals.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

const SOURCE = "contoso";
const FOUR_HOURLY = { cron: "0 */4 * * *", jitter: "0s" };

const first = aRun({ dataset: "actual", parts: 3, lines: [{ cost: "0.1" }, { cost: "0.2" }, { cost: "1e-25" }] });
const second = aRun({ dataset: "actual", parts: 2, lines: [{ cost: "40" }, { cost: "2.5" }], ...later(first) });

let azurite: Azurite;
let storage: FaultyAzurite;
let engine: TestEngine;
let warehouse: Warehouse;
let container: Sink;
let isHeld = false;

beforeAll(async () => {
  [azurite, engine] = await Promise.all([startAzurite(), startTestEngine()]);
  storage = await startFaultyAzurite(azurite, ({ path }) =>
    isHeld && path.endsWith(".csv") ? { kind: "hold", share: 0.5 } : undefined,
  );
  warehouse = await engine.database();
  container = await addBlobSource(warehouse, { name: SOURCE, azurite, url: storage.url });
});

afterAll(async () => {
  await storage.close();
  await Promise.all([azurite.close(), engine.close()]);
});

describeWithTemporal("an import on schedule", (temporal) => {
  let stopWorker: () => Promise<void>;
  let schedules: Parameters<typeof setSchedule>[0];

  beforeAll(async () => {
    const { taskQueue, stop } = await startWorker(temporal, { warehouse, openStore: openStores(azurite) });
    stopWorker = stop;
    schedules = { client: temporal.client, address: temporal.address, namespace: temporal.namespace, taskQueue };
  });
  afterAll(async () => {
    storage.letGo();
    await stopWorker();
  });

  test("comes from Azure's storage to totals by itself, and every delivery after it", async () => {
    await first.writeTo(container);
    await setSchedule(schedules, SOURCE, parseScheduleSettings(FOUR_HOURLY));
    await triggerSchedule(schedules, SOURCE);
    expect(await (await startedBySchedule(temporal, 1)).result()).toMatchObject({
      sources: [{ source: SOURCE, error: null, runs: [{ outcome: "imported", runId: first.runId }] }],
    });
    const total = exactSum(first.texts, "CostInBillingCurrency");
    expect(total).toBe("0.3000000000000000000000001");
    expect(await agreedTotals(warehouse)).toEqual({ actual: total, amortized: "0" });

    // What the clock would have started yesterday at four and at eight.
    await second.writeTo(container);
    const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const [start, end] = ["03:59", "08:01"].map((time) => new Date(`${day}T${time}:00Z`));
    if (start === undefined || end === undefined) throw new RangeError("no times");
    await temporal.client.schedule.getHandle(scheduleId(SOURCE)).backfill({ start, end, overlap: "BUFFER_ALL" });
    expect(await (await startedBySchedule(temporal, 2)).result()).toMatchObject({
      sources: [{ runs: [{ outcome: "imported", runId: second.runId }] }],
    });
    expect(await (await startedBySchedule(temporal, 3)).result()).toMatchObject({
      sources: [{ runs: [], moreSkipped: [{ count: 2 }] }],
    });
    expect(await agreedTotals(warehouse)).toEqual({ actual: "42.5", amortized: "0" });
    expect((await listSourceStatus(warehouse, {}))[0]).toMatchObject({ source: SOURCE, state: "done" });
  });

  test("is one: neither the next time nor a start by hand begins another while it is at work", async () => {
    const third = aRun({ dataset: "actual", gzip: false, lines: rowsOf("3"), ...later(second) });
    isHeld = true;
    await third.writeTo(container);
    await triggerSchedule(schedules, SOURCE);
    const scheduled = await startedBySchedule(temporal, 4);
    await until(() => storage.held().length > 0);

    await triggerSchedule(schedules, SOURCE);
    const schedule = temporal.client.schedule.getHandle(scheduleId(SOURCE));
    await until(async () => (await schedule.describe()).info.numActionsSkippedOverlap === 1);
    const workflowId = importId(SOURCE);
    const byHand = await startWorkflow(schedules, { type: "importSource", workflowId, input: { source: SOURCE } });
    expect(byHand.runsSince).not.toBeNull();

    storage.letGo();
    expect(await scheduled.result()).toMatchObject({
      sources: [{ runs: [{ outcome: "imported", runId: third.runId }] }],
    });
    expect((await requireSchedule(schedules, SOURCE)).last?.workflowId).toBe(scheduled.workflowId);
    expect(await agreedTotals(warehouse)).toEqual({ actual: "600", amortized: "0" });
  });
});

/** What the schedule started as its n-th, once it has. */
async function startedBySchedule({ client }: TemporalServer, nth: number): Promise<WorkflowHandle> {
  const schedule = client.schedule.getHandle(scheduleId(SOURCE));
  const started = async () => (await schedule.describe()).info.recentActions;
  await until(async () => (await started()).length >= nth);
  const found = (await started())[nth - 1];
  if (found === undefined) throw new RangeError(`The schedule started nothing for the time ${nth}`);
  const { workflowId, firstExecutionRunId } = found.action.workflow;
  expect(workflowId).toMatch(new RegExp(`^${scheduledImportId(SOURCE)}-\\d{4}-`));
  return client.workflow.getHandle(workflowId, firstExecutionRunId);
}

function rowsOf(cost: string) {
  return Array.from({ length: 200 }, () => ({ cost }));
}
