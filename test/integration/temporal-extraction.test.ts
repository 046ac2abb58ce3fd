import { randomUUID } from "node:crypto";
import { WorkflowFailedError } from "@temporalio/client";
import type { WorkflowHandle } from "@temporalio/client";
import { CancelledFailure } from "@temporalio/common";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSourceStatus, saveSource } from "../../clickhouse/sources.ts";
import { addMonths, daysOfMonth, parseMonth } from "../../src/domain/month.ts";
import { SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { ApiSource } from "../../src/domain/source.ts";
import { importId, importRunId, MESSAGES, TASK_QUEUE } from "../../src/domain/workflow-names.ts";
import type { SourceReport } from "../../workflows/import-source.ts";
import type { SourceProgress } from "../../workflows/progress.ts";
import { apiSource } from "../support/api-source.ts";
import { answered, none, throttled, unauthorized } from "../support/azure/faults.ts";
import { SIMULATED_SECRET } from "../support/azure/identity.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";
import { legacyItem } from "../support/azure/usage-details.ts";
import { runInProcess, spawnCli } from "../support/cli.ts";
import { until } from "../support/embedded.ts";
import { aRun } from "../support/exports.ts";
import { textOfHistory, timersOf } from "../support/history-text.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import { spawnWorker, startWorker } from "../support/temporal-worker.ts";
import type { TestWorker } from "../support/temporal-worker.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";
import { warehouseEnv } from "../support/warehouse-env.ts";

const PRESENT = parseMonth(new Date().toISOString().slice(0, 7));
const LAST = addMonths(PRESENT, -1);

let engine: TestEngine;
let warehouse: Warehouse;
let azure: AzureSimulator;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(() => engine.close());
beforeEach(async () => {
  azure = await startAzureSimulator();
  for (const [name, value] of Object.entries(azure.environment)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await azure.stop();
  expect(azure.violations).toEqual([]);
});

describeWithTemporal("extractions under Temporal", (temporal) => {
  let crew: TestWorker | undefined;
  beforeAll(async () => {
    crew = await startWorker(temporal, { warehouse });
  });
  afterAll(async () => crew?.stop());
  const aStage = (kind: ApiSource["kind"] = "cost-details") => openStage(crew, kind);

  test("a report is waited for by a timer of Temporal's, and nothing that Temporal remembers is secret", async () => {
    const stage = await aStage();
    azure.costDetails.behave({ retryAfter: 2, polls: 2 });
    stage.report("0.0000496065685939103754949709");
    const handle = await stage.begin();
    await until(async () => (await progressOf(handle)).extraction !== null);
    expect(await progressOf(handle)).toMatchObject({
      state: "importing",
      runs: { total: 1, imported: 0 },
      extraction: { dataset: "actual", month: LAST },
    });
    const { runs } = (await handle.result()) as SourceReport;
    expect(runs).toMatchObject([{ outcome: "imported", report: { rowsLoaded: 1 } }]);
    expect(await stage.sum()).toBe("0.0000496065685939103754949709");
    expect(await progressOf(handle)).toMatchObject({ state: "done", runs: { imported: 1 }, extraction: null });

    const history = await handle.fetchHistory();
    expect(timersOf(history)).toEqual([2, 2, 2]);
    const [run] = runs;
    const child = temporal.client.workflow.getHandle(
      importRunId({ source: stage.name, dataset: "actual", month: LAST, runId: run?.runId ?? "" }),
    );
    const texts = [textOfHistory(history), textOfHistory(await child.fetchHistory()), JSON.stringify(crew?.events)];
    for (const text of texts) {
      expect(text).toContain(`"runId":"${run?.runId}"`); // also of what is given from step to step
      expect(text).not.toMatch(SIMULATED_SECRET);
    }
    expect(crew?.events.filter(({ event }) => event.startsWith("extraction")).map(({ event }) => event)).toEqual([
      "extraction asked",
      "extraction pending",
      "extraction pending",
      "extraction ready",
    ]);
    await until(async () => (await stage.state()) === "done");
  });

  test("a worker that is killed while a report is made is not missed: another one looks when it is time", async () => {
    const stage = await aStage();
    azure.costDetails.behave({ retryAfter: 5 });
    stage.report("3");
    const env = { ...warehouseEnv(warehouse), ...azure.environment };
    const first = await spawnWorker(temporal, env);
    const handle = await temporal.client.workflow.start("importSource", {
      taskQueue: TASK_QUEUE,
      workflowId: importId(stage.name),
      args: [stage.input],
    });
    await until(async () => timersOf(await handle.fetchHistory()).length >= 1);
    await first.kill();
    const second = await spawnWorker(temporal, env);
    try {
      expect(((await handle.result()) as SourceReport).runs).toMatchObject([{ outcome: "imported" }]);
    } finally {
      await second.kill();
    }
    expect(azure.costDetails.asked).toHaveLength(1);
    expect(await stage.sum()).toBe("3");
    expect(first.log() + second.log()).not.toMatch(SIMULATED_SECRET);
  });

  test("cancelling ends the waiting at once, and nothing is visible", async () => {
    const stage = await aStage();
    azure.costDetails.behave({ retryAfter: 3600 });
    stage.report("1");
    const handle = await stage.begin();
    await until(async () => timersOf(await handle.fetchHistory()).length === 1);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: expect.any(CancelledFailure) as CancelledFailure });
    expect(await stage.state()).toBe("canceled");
    expect(await stage.sum()).toBe("");
    expect(azure.requests("operations")).toEqual([]);
  });

  test("while it is paused nothing is looked at, and it goes on where it was", async () => {
    const stage = await aStage();
    azure.costDetails.behave({ retryAfter: 1 });
    stage.report("1");
    const handle = await stage.begin();
    await until(async () => timersOf(await handle.fetchHistory()).length === 1);
    await handle.signal(MESSAGES.pause);
    await until(async () => isTimerOver(handle));
    expect(await progressOf(handle)).toMatchObject({ isPaused: true });
    const looks = azure.requests("operations").length;
    await handle.signal(MESSAGES.resume);
    expect(((await handle.result()) as SourceReport).runs).toMatchObject([{ outcome: "imported" }]);
    expect(looks).toBeLessThan(azure.requests("operations").length);
  });

  test("a token that runs out between two looks is renewed", async () => {
    const stage = await aStage();
    stage.report("1");
    azure.fault("operations", none(), unauthorized());
    expect((await stage.import()).runs).toMatchObject([{ outcome: "imported" }]);
  });

  test("what is asked for again replaces what was there; without that it is not asked for again", async () => {
    const stage = await aStage();
    stage.report("1");
    await stage.import();
    stage.report("2");
    const nothing = (await (await stage.begin({ extract: false })).result()) as SourceReport;
    expect(nothing.runs).toEqual([]);
    expect(await stage.sum()).toBe("1");
    expect((await stage.import()).runs).toMatchObject([{ outcome: "imported" }]);
    expect(await stage.sum()).toBe("2");
  });

  test("a report that is gone when its blobs are opened is asked for anew", async () => {
    const stage = await aStage();
    stage.report("1");
    azure.fault("operations", none(2), answered(404, { code: "NotFound", message: "The operation has expired." }));
    expect((await stage.import()).runs).toMatchObject([{ outcome: "imported" }]);
    expect(azure.costDetails.asked).toHaveLength(2);
    expect(await stage.sum()).toBe("1");
  });

  test("a service that wants to be left alone for long is left alone by Temporal, and no worker waits", async () => {
    const stage = await aStage();
    azure.fault("cost-details", throttled(1, { any: 1800 }));
    const handle = await stage.begin();
    const [asking] = await vi.waitFor(async () => {
      const { raw } = await handle.describe();
      expect(raw.pendingActivities).toMatchObject([{ attempt: 2, activityType: { name: "beginExtraction" } }]);
      return raw.pendingActivities ?? [];
    }, PATIENCE);
    expect(asking?.lastFailure?.applicationFailureInfo?.type).toBe("ThrottledError");
    const wait = Number(asking?.nextAttemptScheduleTime?.seconds ?? 0) - Date.now() / 1000;
    expect(wait).toBeGreaterThan(1700);
    const follow = spawnCli(["follow", stage.name], { env: temporal.env });
    await vi.waitFor(() => expect(follow.soFar().stderr).toContain('"extraction retried"'), PATIENCE);
    expect(follow.soFar().stderr).toMatch(/"attempt":2,"error":"POST .*: 429 .*","seconds":1[78]\d\d\b/);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    await follow.result;
  });

  test("what cannot be asked for fails at once, and is told as it was", async () => {
    const stage = await aStage();
    azure.fault("cost-details", answered(403, { code: "AuthorizationFailed", message: "No authorization." }));
    expect((await stage.import()).runs).toMatchObject([
      {
        outcome: "failed",
        errorName: "PermissionError",
        error: expect.stringContaining("AuthorizationFailed: No authorization.") as string,
      },
    ]);
    expect(await stage.state()).toBe("failed");
  });

  test("items of the Consumption API and of an enrolment come in, too", async () => {
    const usage = await aStage("usage-details");
    const properties = {
      date: `${LAST}-01T00:00:00Z`,
      cost: 4,
      billingCurrency: "USD",
      subscriptionId: usage.subscriptionId,
    };
    azure.usageDetails.setItems({ metric: "actualcost", month: LAST, items: [legacyItem(properties)] });
    expect((await usage.import()).runs).toMatchObject([{ outcome: "imported" }]);
    expect(await usage.sum()).toBe("4");

    const ea = await aStage("ea");
    const item = { date: `${LAST}-01T00:00:00`, cost: 5, subscriptionGuid: ea.subscriptionId, instanceId: "" };
    azure.ea.setUsage({ month: LAST, items: [item] });
    const handle = await ea.begin();
    expect(((await handle.result()) as SourceReport).runs).toMatchObject([{ outcome: "imported" }]);
    expect(await ea.sum()).toBe("5");
    expect(textOfHistory(await handle.fetchHistory())).not.toMatch(SIMULATED_SECRET);
  });

  test("`billhouse extract` shows on a terminal what happens on the worker, and so does `follow`", async () => {
    const stage = await aStage();
    stage.report("1");
    const env = { ...warehouseEnv(warehouse), ...temporal.env, BILLHOUSE_TASK_QUEUE: crew?.taskQueue ?? "" };
    const extracted = await runInProcess(["extract", "-s", stage.name, "--month", LAST], { env, isTTY: true });
    expect(extracted.code).toBe(0);
    expect(extracted.stderr).toContain(`${stage.name}: asked Azure for actual ${LAST}, looks again in 1.0 s`);
    expect(extracted.stderr).toContain(`${stage.name}: actual ${LAST} is ready after 2.0 s`);
    expect(extracted.stdout).toMatch(/\n1 run imported, 0 skipped, 0 failed/);
    const followed = await runInProcess(["follow", stage.name], { env, isTTY: true });
    expect(followed.code).toBe(0);
    expect(followed.stderr).toContain(`${stage.name}: actual ${LAST} is not ready after 1.0 s, looks again in 1.0 s`);

    const folder = `folder-${stage.name}`;
    await saveSource(warehouse, { ...SOURCE_DEFAULTS, name: folder, kind: "folder", path: "/nowhere" });
    const refused = await runInProcess(["extract", "-s", folder], { env });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`${folder}: is a folder source, which has nothing to ask.`);
  });
});

const PATIENCE = { timeout: 60_000, interval: 50 };

/** A source of a test's own, which asks the simulator; the tests share a warehouse and a worker. */
type Stage = {
  readonly name: string;
  /** Asks anew for the last month. */
  readonly input: object;
  readonly begin: (options?: object) => Promise<WorkflowHandle>;
  readonly import: (options?: object) => Promise<SourceReport>;
  readonly subscriptionId: string;
  /** Lets the API have a report of the last month in which one row costs that. */
  readonly report: (cost: string) => void;
  /** The sum of what is published of the source; empty where there is nothing. */
  readonly sum: () => Promise<string>;
  /** How the last attempt to import the source stands. */
  readonly state: () => Promise<string | undefined>;
};

async function openStage(crew: TestWorker | undefined, kind: ApiSource["kind"]): Promise<Stage> {
  if (crew === undefined) throw new Error("There is no worker yet");
  const name = `${kind}-${randomUUID()}`;
  const subscriptionId = randomUUID(); // each its own: none silences another
  await saveSource(warehouse, apiSource(azure, name, kind));
  const input = { source: name, billingPeriod: daysOfMonth(LAST), extract: true };
  const begin = (options: object = {}) => crew.start("importSource", importId(name), { ...input, ...options });
  return {
    name,
    input,
    begin,
    subscriptionId,
    import: async (options) => (await (await begin(options)).result()) as SourceReport,
    report(cost) {
      const lines = [{ cost, date: `${LAST}-01`, subscriptionId }];
      const [text = ""] = aRun({ dataset: "actual", month: LAST, lines }).texts;
      azure.costDetails.setReport({ metric: "ActualCost", month: LAST, blobs: [text] });
    },
    async sum() {
      const rows = await warehouse.rows(
        "SELECT toString(sum(cost_in_billing_currency)) AS total FROM costs WHERE source = {name:String} HAVING count() > 0",
        { name },
      );
      return z.array(z.object({ total: z.string() })).parse(rows)[0]?.total ?? "";
    },
    async state() {
      return (await listSourceStatus(warehouse, {})).find((status) => status.source === name)?.state;
    },
  };
}

async function progressOf(handle: WorkflowHandle): Promise<SourceProgress> {
  return handle.query<SourceProgress>(MESSAGES.progress);
}

async function isTimerOver(handle: WorkflowHandle): Promise<boolean> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).some(({ timerFiredEventAttributes: fired }) => Boolean(fired));
}
