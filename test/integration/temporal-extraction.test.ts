import { WorkflowFailedError } from "@temporalio/client";
import type { WorkflowHandle } from "@temporalio/client";
import { CancelledFailure } from "@temporalio/common";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { TestContext } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSourceStatus, saveSource } from "../../clickhouse/sources.ts";
import { addMonths, daysOfMonth } from "../../src/domain/month.ts";
import { SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { ApiSource } from "../../src/domain/source.ts";
import { backfillId, importId, importRunId, MESSAGES } from "../../src/domain/workflow-names.ts";
import type { BackfillReport } from "../../workflows/backfill.ts";
import type { SourceReport } from "../../workflows/import-source.ts";
import type { SourceProgress } from "../../workflows/progress.ts";
import { API_BEHAVIOURS, expectBehaviour } from "../support/api-behaviours.ts";
import { LAST_MONTH, openApiStage } from "../support/api-stage.ts";
import type { ApiStage } from "../support/api-stage.ts";
import { answered, throttled } from "../support/azure/faults.ts";
import { SIMULATED_SECRET } from "../support/azure/identity.ts";
import { runInProcess, spawnCli } from "../support/cli.ts";
import { until } from "../support/processes.ts";
import { textOfHistory, timersOf } from "../support/history-text.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import { spawnWorker, startWorker } from "../support/temporal-worker.ts";
import type { TestWorker } from "../support/temporal-worker.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";
import { warehouseEnv } from "../support/warehouse-env.ts";

let engine: TestEngine;
let warehouse: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await engine.close();
});

// These wait for the most part: they do so together.
describeWithTemporal("extractions under Temporal", (temporal) => {
  let crew: TestWorker;
  beforeAll(async () => {
    crew = await startWorker(temporal, { warehouse });
  });
  afterAll(async () => crew.stop());
  const aStage = (context: TestContext, kind?: ApiSource["kind"], settings?: Partial<ApiSource>) =>
    openStage(context, () => crew, kind, settings);

  test.concurrent("a worker that is killed while a report is made is not missed: another one looks when it is time", async (context) => {
    const stage = await aStage(context);
    stage.azure.costDetails.behave({ retryAfter: 5 });
    stage.put(["3"]);
    const taskQueue = `of-${stage.source.name}`;
    const first = await spawnWorker(temporal, {
      ...warehouseEnv(warehouse),
      ...stage.azure.environment,
      BILLHOUSE_TASK_QUEUE: taskQueue,
    });
    const handle = await temporal.client.workflow.start("importSource", {
      taskQueue,
      workflowId: importId(stage.source.name),
      args: [stage.input],
    });
    await vi.waitFor(async () => expect(timersOf(await handle.fetchHistory())).toHaveLength(1), PATIENCE);
    await first.kill();
    const second = await startWorker(temporal, { warehouse, taskQueue });
    context.onTestFinished(second.stop);
    expect(((await handle.result()) as SourceReport).runs).toMatchObject([{ outcome: "imported" }]);
    expect(stage.azure.costDetails.asked).toHaveLength(1);
    expect(await stage.sum()).toBe("3");
    expect(first.log()).not.toMatch(SIMULATED_SECRET);
  });

  test.concurrent("a report is waited for by a timer of Temporal's, and nothing that Temporal remembers is secret", async (context) => {
    const stage = await aStage(context);
    stage.azure.costDetails.behave({ retryAfter: 2, polls: 2 });
    stage.put(["0.0000496065685939103754949709"]);
    const handle = await stage.begin();
    await vi.waitFor(async () => expect((await progressOf(handle)).extraction).not.toBeNull(), PATIENCE);
    expect(await progressOf(handle)).toMatchObject({
      state: "importing",
      runs: { total: 1, imported: 0 },
      extraction: { dataset: "actual", month: LAST_MONTH },
    });
    const { runs } = (await handle.result()) as SourceReport;
    expect(runs).toMatchObject([{ outcome: "imported", report: { rowsLoaded: 1 } }]);
    expect(await stage.sum()).toBe("0.0000496065685939103754949709");
    expect(await progressOf(handle)).toMatchObject({ state: "done", runs: { imported: 1 }, extraction: null });

    const history = await handle.fetchHistory();
    expect(timersOf(history)).toEqual([2, 2, 2]);
    expect(attemptsOf(history)).toMatchObject({ beginExtraction: 8, lookAtExtraction: 8 }); // each counts against quotas
    const [run] = runs;
    const child = temporal.client.workflow.getHandle(
      importRunId({ source: stage.source.name, dataset: "actual", month: LAST_MONTH, runId: run?.runId ?? "" }),
    );
    const events = crew.events.filter((event) => "source" in event && event.source === stage.source.name);
    const texts = [textOfHistory(history), textOfHistory(await child.fetchHistory()), JSON.stringify(events)];
    for (const text of texts) {
      expect(text).toContain(`"runId":"${run?.runId}"`); // also of what is given from step to step
      expect(text).not.toMatch(SIMULATED_SECRET);
    }
    expect(events.filter(({ event }) => event.startsWith("extraction")).map(({ event }) => event)).toEqual([
      "extraction asked",
      "extraction pending",
      "extraction pending",
      "extraction ready",
    ]);
    await until(async () => (await stage.state()) === "done");
  });

  for (const behaviour of API_BEHAVIOURS) {
    test.concurrent(`${behaviour.kind}: ${behaviour.name}`, async (context) => {
      const stage = await aStage(context, behaviour.kind, behaviour.settings);
      await expectBehaviour(stage, behaviour, async (_, invoice) => {
        const handle = await stage.begin({ invoice });
        const { runs } = (await handle.result()) as SourceReport;
        expect(textOfHistory(await handle.fetchHistory())).not.toMatch(SIMULATED_SECRET);
        return runs;
      });
    });
  }

  test.concurrent("cancelling ends the waiting at once, and nothing is visible", async (context) => {
    const stage = await aStage(context);
    stage.azure.costDetails.behave({ retryAfter: 3600 });
    stage.put(["1"]);
    const handle = await stage.begin();
    await until(async () => timersOf(await handle.fetchHistory()).length === 1);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: expect.any(CancelledFailure) as CancelledFailure });
    expect(await stage.state()).toBe("canceled");
    expect(await stage.sum()).toBe("");
    expect(stage.azure.requests("operations")).toEqual([]);
  });

  test.concurrent("while it is paused nothing is looked at, and it goes on where it was", async (context) => {
    const stage = await aStage(context);
    stage.azure.costDetails.behave({ retryAfter: 1 });
    stage.put(["1"]);
    const handle = await stage.begin();
    await until(async () => timersOf(await handle.fetchHistory()).length === 1);
    await handle.signal(MESSAGES.pause);
    await until(async () => isTimerOver(handle));
    expect(await progressOf(handle)).toMatchObject({ isPaused: true });
    const looks = stage.azure.requests("operations").length;
    await handle.signal(MESSAGES.resume);
    expect(((await handle.result()) as SourceReport).runs).toMatchObject([{ outcome: "imported" }]);
    expect(looks).toBeLessThan(stage.azure.requests("operations").length);
  });

  test.concurrent("what is asked for again replaces what was there; without that it is not asked for again", async (context) => {
    const stage = await aStage(context);
    stage.azure.costDetails.behave({ outcome: "completed at once" });
    stage.put(["1"]);
    await stage.import();
    stage.put(["2"]);
    expect((await stage.import({ extract: false })).runs).toEqual([]);
    expect(await stage.sum()).toBe("1");
    expect((await stage.import()).runs).toMatchObject([{ outcome: "imported" }]);
    expect(await stage.sum()).toBe("2");
  });

  test.concurrent("a backfill asks month by month for what is missing", async (context) => {
    const stage = await aStage(context);
    stage.azure.costDetails.behave({ outcome: "completed at once" });
    const months = [-1, -2, -3].map((count) => addMonths(LAST_MONTH, count));
    for (const [index, month] of months.entries()) stage.put([`${10 ** index}`], { month });
    stage.azure.fault("cost-details", answered(204), answered(400));
    const { source } = stage;
    const input = { source: source.name, from: addMonths(LAST_MONTH, -3), to: LAST_MONTH };
    const backfill = async () =>
      (await (await crew.start("backfill", backfillId(source.name), input)).result()) as BackfillReport;
    const none = { imported: 0, skipped: 0, failed: 0 };
    expect((await backfill()).months).toMatchObject([
      { ...none, month: LAST_MONTH, skipped: 1 },
      { ...none, month: months[0], failed: 1, error: expect.stringContaining("The request is wrong") as string },
      { ...none, month: months[1], imported: 1 },
      { ...none, month: months[2], imported: 1 },
    ]);
    expect(await stage.sum()).toBe("110");
    expect((await backfill()).months).toMatchObject([{ imported: 0 }, { imported: 1 }, none, none]);
    expect(await stage.sum()).toBe("111");
  });

  test.concurrent("a service that wants to be left alone for long is left alone by Temporal, and no worker waits", async (context) => {
    const stage = await aStage(context);
    stage.azure.fault("cost-details", throttled(1, { any: 1800 }));
    const handle = await stage.begin();
    const [asking] = await vi.waitFor(async () => {
      const { raw } = await handle.describe();
      expect(raw.pendingActivities).toMatchObject([{ attempt: 2, activityType: { name: "beginExtraction" } }]);
      return raw.pendingActivities ?? [];
    }, PATIENCE);
    expect(asking?.lastFailure?.applicationFailureInfo?.type).toBe("ThrottledError");
    const wait = Number(asking?.nextAttemptScheduleTime?.seconds ?? 0) - Date.now() / 1000;
    expect(wait).toBeGreaterThan(1700);
    const follow = spawnCli(["follow", stage.source.name], { env: temporal.env });
    await vi.waitFor(() => expect(follow.soFar().stderr).toContain('"extraction retried"'), PATIENCE);
    expect(follow.soFar().stderr).toMatch(/"attempt":2,"error":"POST .*: 429 .*","seconds":1[78]\d\d\b/);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    await follow.result;
  });

  test.concurrent("what cannot be asked for is remembered as it was told", async (context) => {
    const stage = await aStage(context);
    stage.azure.fault("cost-details", answered(403, { code: "AuthorizationFailed", message: "No authorization." }));
    expect((await stage.import()).runs).toMatchObject([{ outcome: "failed", errorName: "PermissionError" }]);
    expect(await stage.state()).toBe("failed");
  });

  test.concurrent("`billhouse extract` shows on a terminal what happens on the worker, and so does `follow`", async (context) => {
    const stage = await aStage(context);
    const { name } = stage.source;
    stage.put(["1"]);
    const env = { ...warehouseEnv(warehouse), ...temporal.env, BILLHOUSE_TASK_QUEUE: crew.taskQueue };
    const extracted = await runInProcess(["extract", "-s", name, "--month", LAST_MONTH], { env, isTTY: true });
    expect(extracted.code).toBe(0);
    expect(extracted.stderr).toContain(`${name}: asked Azure for actual ${LAST_MONTH}, looks again in 1.0 s`);
    expect(extracted.stderr).toContain(`${name}: actual ${LAST_MONTH} is ready after 2.0 s`);
    expect(extracted.stdout).toMatch(/\n1 run imported, 0 skipped, 0 failed/);
    const followed = await runInProcess(["follow", name], { env, isTTY: true });
    expect(followed.code).toBe(0);
    expect(followed.stderr).toContain(`${name}: actual ${LAST_MONTH} is not ready after 1.0 s, looks again in 1.0 s`);

    const folder = `folder-${name}`;
    await saveSource(warehouse, { ...SOURCE_DEFAULTS, name: folder, kind: "folder", path: "/nowhere" });
    const refused = await runInProcess(["extract", "-s", folder], { env });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`${folder}: is a folder source, which has nothing to ask.`);
  });
});

const PATIENCE = { timeout: 60_000, interval: 100 };

/** A stage whose source is imported by Temporal. */
type Stage = ApiStage & {
  /** Asks anew for the last month. */
  readonly input: object;
  readonly begin: (options?: object) => Promise<WorkflowHandle>;
  readonly import: (options?: object) => Promise<SourceReport>;
  /** How the last attempt to import the source stands. */
  readonly state: () => Promise<string | undefined>;
};

async function openStage(
  { onTestFinished }: TestContext,
  crew: () => TestWorker,
  kind?: ApiSource["kind"],
  settings?: Partial<ApiSource>,
): Promise<Stage> {
  const stage = await openApiStage(warehouse, kind, settings);
  onTestFinished(stage.close);
  const { name } = stage.source;
  const input = { source: name, billingPeriod: daysOfMonth(LAST_MONTH), extract: true };
  const begin = (options: object = {}) => crew().start("importSource", importId(name), { ...input, ...options });
  return {
    ...stage,
    input,
    begin,
    import: async (options) => (await (await begin(options)).result()) as SourceReport,
    async state() {
      return (await listSourceStatus(warehouse, {})).find((status) => status.source === name)?.state;
    },
  };
}

/** How often each of a workflow's activities is tried. */
function attemptsOf({ events }: Awaited<ReturnType<WorkflowHandle["fetchHistory"]>>): Record<string, number> {
  const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: of }) => (of ? [of] : []));
  return Object.fromEntries(
    scheduled.map(({ activityType, retryPolicy }) => [String(activityType?.name), retryPolicy?.maximumAttempts ?? 0]),
  );
}

async function progressOf(handle: WorkflowHandle): Promise<SourceProgress> {
  return handle.query<SourceProgress>(MESSAGES.progress);
}

async function isTimerOver(handle: WorkflowHandle): Promise<boolean> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).some(({ timerFiredEventAttributes: fired }) => Boolean(fired));
}
