import { once } from "node:events";
import { CancelledFailure } from "@temporalio/common";
import { WorkflowFailedError } from "@temporalio/client";
import type { WorkflowHandle } from "@temporalio/client";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import type { TrackingReport } from "../../activities/track-resources.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSourceStatus } from "../../clickhouse/sources.ts";
import { WarehouseError } from "../../src/domain/errors.ts";
import { shortRule } from "../../src/domain/tracking-rule.ts";
import { importId, MESSAGES, TASK_QUEUE, TRACKING_IDS } from "../../src/domain/workflow-names.ts";
import type { SourceReport } from "../../workflows/import-source.ts";
import type { SourceProgress } from "../../workflows/progress.ts";
import { aRun } from "../support/exports.ts";
import { startHoldingProxy } from "../support/holding-proxy.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import { spawnWorker, startWorker } from "../support/temporal-worker.ts";
import { agreedTotals } from "../support/totals.ts";
import { bringRules, rulesBySegment } from "../support/tracking.ts";
import { ACTUAL, linesOf, sumOf } from "../support/tracking-scene.ts";
import { addFolderSource, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

const PATIENCE = { timeout: 60_000, interval: 20 };
const WEB = shortRule("1", "vm-web");
const BATCH = shortRule("2", "mc_shop");
/** By these rules, of the resources that there are in May. */
const ASSIGNED = { "vm-web-1": "1", "aks-batch-31415926-vmss": "2", lake: "", "db-1": "" };
const TOTAL = { actual: sumOf(ACTUAL, ({ date }) => date?.startsWith("2026-05") === true), amortized: "0" };

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(() => engine.close());

describeWithTemporal("resources of imports under Temporal", (temporal) => {
  test("have their rules when the import is done, and are asked for no further where nothing has changed", async () => {
    const { warehouse, source } = await aScene("tracked");
    const worker = await startWorker(temporal, { warehouse });
    onTestFinished(() => worker.stop());
    const importMay = () => worker.start("importSource", importId(source), { source });

    const first = await importMay();
    const { tracking, warnings, runs } = (await first.result()) as SourceReport;
    expect({ runs, warnings }).toMatchObject({ runs: [{ outcome: "imported" }], warnings: [] });
    expect(tracking).toMatchObject({ kind: "whole", resources: 4, assigned: 2, conflicts: 0, brokenRules: [] });
    expect(await rulesBySegment(warehouse)).toEqual(ASSIGNED);
    expect(await activitiesOf(first)).toEqual(["trackResources"]);
    expect(worker.events).toContainEqual({ event: "tracking progress", resources: 4, assigned: 4 });

    const again = await importMay();
    expect(await again.result()).not.toHaveProperty("tracking");
    expect(await activitiesOf(again)).toEqual([]);

    await bringRules(warehouse, [shortRule("3", "lake")]); // as somebody does with SQL
    const third = await importMay();
    expect(await third.result()).toMatchObject({ tracking: { kind: "whole", assigned: 3 } });
    expect(await rulesBySegment(warehouse)).toEqual({ ...ASSIGNED, lake: "3" });
  });

  test(
    "that worker is killed in the middle: another one finishes, and everything is right",
    { timeout: 180_000 },
    async () => {
      const { warehouse, source } = await aScene("killed");
      const proxy = await startHoldingProxy(warehouse.address.url, "INSERT INTO tracking_assignments");
      onTestFinished(() => proxy.close());
      const env = envOf(warehouse, proxy.url);
      const first = await spawnWorker(temporal, env);
      onTestFinished(() => first.kill());
      const handle = await temporal.client.workflow.start("importSource", {
        taskQueue: TASK_QUEUE,
        workflowId: importId(source),
        args: [{ source }],
      });
      await vi.waitFor(() => expect(proxy.isHolding()).toBe(true), PATIENCE);
      expect(await handle.query<SourceProgress>(MESSAGES.progress)).toMatchObject({ state: "tracking" });
      expect(await agreedTotals(warehouse)).toEqual(TOTAL);
      expect(await rulesBySegment(warehouse)).toEqual({});

      await first.kill();
      const second = await spawnWorker(temporal, env);
      onTestFinished(() => second.kill());

      expect(await handle.result()).toMatchObject({
        runs: [{ outcome: "imported" }],
        warnings: [],
        tracking: { kind: "whole", resources: 4, assigned: 2 },
      });
      expect(await rulesBySegment(warehouse)).toEqual(ASSIGNED);
      expect(await statesOf(warehouse)).toEqual(["finished", "started"]);
    },
  );

  test("that cannot be assigned are a warning: the import is done, and the next one makes up for it", async () => {
    const { warehouse, source } = await aScene("broken");
    let isBroken = true;
    const hindered: Warehouse = {
      ...warehouse,
      async run(sql, ...rest) {
        if (isBroken && sql.includes("INSERT INTO tracking_subjects")) throw new WarehouseError("No memory. Get some.");
        return warehouse.run(sql, ...rest);
      },
    };
    const worker = await startWorker(temporal, { warehouse: hindered });
    onTestFinished(() => worker.stop());
    const start = () => worker.start("importSource", importId(source), { source });

    const report = (await (await start()).result()) as SourceReport;
    expect(report.runs).toMatchObject([{ outcome: "imported" }]);
    expect(report.warnings).toEqual([
      "resources were not assigned to their rules; costs are not affected. No memory. Get some. " +
        "The next import tries again, and `billhouse rules evaluate` does it now.",
    ]);
    expect(report).not.toHaveProperty("tracking");
    expect(await agreedTotals(warehouse)).toEqual(TOTAL);
    expect(await listSourceStatus(warehouse, {})).toMatchObject([{ state: "done" }]);
    expect(await rulesBySegment(warehouse)).toEqual({});

    isBroken = false;
    const next = (await (await start()).result()) as SourceReport;
    expect(next).toMatchObject({ runs: [{ outcome: "skipped" }], warnings: [], tracking: { assigned: 2 } });
    expect(await rulesBySegment(warehouse)).toEqual(ASSIGNED);
  });

  test("leave the import when it is cancelled: what is published stays", async () => {
    const { warehouse, source } = await aScene("cancelled");
    let isWaiting = false;
    const waiting: Warehouse = {
      ...warehouse,
      async run(sql, parameters, settings, signal) {
        if (signal !== undefined && sql.includes("INSERT INTO tracking_subjects")) {
          isWaiting = true;
          await once(signal, "abort");
          signal.throwIfAborted();
        }
        return warehouse.run(sql, parameters, settings, signal);
      },
    };
    const worker = await startWorker(temporal, { warehouse: waiting });
    onTestFinished(() => worker.stop());
    const handle = await worker.start("importSource", importId(source), { source });
    await vi.waitFor(() => expect(isWaiting).toBe(true), PATIENCE);
    await handle.cancel();
    const failure: unknown = await handle.result().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkflowFailedError);
    expect(failure).toHaveProperty("cause", expect.any(CancelledFailure));
    expect(await agreedTotals(warehouse)).toEqual(TOTAL);
    expect(await listSourceStatus(warehouse, {})).toMatchObject([{ state: "done" }]);
    expect(await rulesBySegment(warehouse)).toEqual({});
  });

  test("are assigned on demand, too: all of them, or those for which something has changed", async () => {
    const { warehouse, source } = await aScene("demanded");
    const worker = await startWorker(temporal, { warehouse });
    onTestFinished(() => worker.stop());
    await (await worker.start("importSource", importId(source), { source })).result();
    const track = async (id: string, input?: object) =>
      (await (await worker.start("trackResources", id, input)).result()) as TrackingReport;

    expect(await track(TRACKING_IDS.changes)).toMatchObject({ kind: "none", resources: 0 });
    expect(await track(TRACKING_IDS.anew, { anew: true })).toMatchObject({ kind: "whole", resources: 4 });
    const [one, other] = await Promise.all([
      track(TRACKING_IDS.anew, { anew: true }),
      track(TRACKING_IDS.changes, { anew: false }),
    ]);
    expect([one.kind, other.kind]).toEqual(["whole", "none"]);
    expect(await rulesBySegment(warehouse)).toEqual(ASSIGNED);
    await expect(track("wrong", { all: true })).rejects.toMatchObject({ cause: { type: "InvalidRequestError" } });
  });
});

/** A source with a run of May, and rules that nobody has evaluated. */
async function aScene(name: string): Promise<{ warehouse: Warehouse; source: string }> {
  const warehouse = await engine.database();
  const source = await addFolderSource(warehouse, { name });
  onTestFinished(() => source.remove());
  await aRun({ dataset: "actual", lines: linesOf(ACTUAL, "2026-05") }).writeTo(source.path);
  await bringRules(warehouse, [WEB, BATCH]);
  return { warehouse, source: source.name };
}

function envOf({ address }: Warehouse, url: string): NodeJS.ProcessEnv {
  const { username, password, database } = address;
  return {
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: username,
    CLICKHOUSE_PASSWORD: password,
    CLICKHOUSE_DATABASE: database,
  };
}

/** The activities that a workflow's history tells of; those at hand leave their results only. */
async function activitiesOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
}

/** How the works of evaluations stand. */
async function statesOf(warehouse: Warehouse): Promise<string[]> {
  const rows = await warehouse.rows("SELECT state FROM tracking_evaluations FINAL ORDER BY state");
  return z
    .array(z.object({ state: z.string() }))
    .parse(rows)
    .map(({ state }) => state);
}
