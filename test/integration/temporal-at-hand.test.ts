import { EventEmitter, once } from "node:events";
import type { WorkflowHandle } from "@temporalio/client";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSourceStatus } from "../../clickhouse/sources.ts";
import { ThrottledError, WarehouseError } from "../../src/domain/errors.ts";
import { monthOf } from "../../src/domain/month.ts";
import type { Source } from "../../src/domain/source.ts";
import { importId, importRunId } from "../../src/domain/workflow-names.ts";
import { openStore } from "../../src/sources/open-store.ts";
import type { Store } from "../../src/sources/store.ts";
import { aRun } from "../support/exports.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import { startWorker } from "../support/temporal-worker.ts";
import { agreedTotals } from "../support/totals.ts";
import { addFolderSource, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(() => engine.close());

describeWithTemporal("what is done where the workflow is at hand", (temporal) => {
  test.each([
    { refusals: 0, seen: [] },
    { refusals: 1, seen: ["recordAttempt"] },
    { refusals: 2, seen: ["recordAttempt"] }, // and tried again
  ])("becomes an activity like others when it fails: $refusals times refused", async ({ refusals, seen }) => {
    const warehouse = await engine.database();
    const source = await addFolderSource(warehouse);
    onTestFinished(() => source.remove());
    const worker = await startWorker(temporal, { warehouse: refusing(warehouse, "source_attempts", refusals) });
    onTestFinished(() => worker.stop());

    const handle = await worker.start("importSource", importId(source.name), { source: source.name });
    await handle.result();

    expect(await activitiesOf(handle)).toEqual(seen);
    expect(await listSourceStatus(warehouse, {})).toMatchObject([{ state: "done" }]);
  });

  test.each([
    { refusals: 0, seen: ["loadPart", "recordRun"] },
    { refusals: 1, seen: ["loadPart", "recordRun", "finishRun"] },
  ])("finishes a run, with $refusals of its publications refused", async ({ refusals, seen }) => {
    const warehouse = await engine.database();
    const { source, run } = await deliver(warehouse);
    const worker = await startWorker(temporal, { warehouse: refusing(warehouse, "publications", refusals) });
    onTestFinished(() => worker.stop());

    await (await worker.start("importSource", importId(source), { source })).result();

    const activities = await activitiesOf(temporal.client.workflow.getHandle(importRunId(run)));
    expect(activities.toSorted()).toEqual(seen.toSorted());
    expect(await agreedTotals(warehouse)).toMatchObject({ actual: "40.3" });
  });

  test("is done by an activity when it takes long, and twice is as good as once", async () => {
    const warehouse = await engine.database();
    const { source, run } = await deliver(warehouse);
    const held = holding(warehouse, "publications", 2); // the first only announces it
    const worker = await startWorker(temporal, { warehouse: held.warehouse });
    onTestFinished(() => worker.stop());

    await (await worker.start("importSource", importId(source), { source })).result();
    const expected = { actual: "40.3", amortized: "0" };
    expect(await agreedTotals(warehouse)).toEqual(expected);
    held.letGo();
    await held.done;

    const activities = await activitiesOf(temporal.client.workflow.getHandle(importRunId(run)));
    expect(activities.toSorted()).toEqual(["finishRun", "loadPart", "recordRun"]);
    expect(await agreedTotals(warehouse)).toEqual(expected);
  });

  test("plans by an activity where a listing takes long, and ends the one that was begun", async () => {
    const warehouse = await engine.database();
    const { source } = await deliver(warehouse);
    const endless = listingWithoutEnd();
    const worker = await startWorker(temporal, { warehouse, openStore: endless.open });
    onTestFinished(() => worker.stop());

    const handle = await worker.start("importSource", importId(source), { source });
    await handle.result();

    expect(await activitiesOf(handle)).toEqual(["planRuns"]);
    expect(endless.ended()).toBe(1);
    expect(await agreedTotals(warehouse)).toMatchObject({ actual: "40.3" });
  });

  test("leaves a store alone that asks for it, before an activity takes over", async () => {
    const warehouse = await engine.database();
    const { source } = await deliver(warehouse);
    const refusal = new ThrottledError("the account: cannot be listed (503)", { retryAfterSeconds: 3 });
    const throttled = throttling(refusal);
    const worker = await startWorker(temporal, { warehouse, openStore: throttled.open });
    onTestFinished(() => worker.stop());

    const handle = await worker.start("importSource", importId(source), { source });
    await handle.result();

    expect(await activitiesOf(handle)).toEqual(["planRuns"]);
    const [first = 0, second = 0] = throttled.listings;
    expect(second - first).toBeGreaterThanOrEqual(3000);
  });

  test("is not repeated when no repetition can mend it", async () => {
    const worker = await startWorker(temporal, { warehouse: await engine.database() });
    onTestFinished(() => worker.stop());

    const handle = await worker.start("importSource", importId("none"), { source: "none" });

    await expect(handle.result()).rejects.toMatchObject({ cause: { type: "InvalidRequestError" } });
    expect(await activitiesOf(handle)).toEqual([]);
  });
});

/** A source with one run. */
async function deliver(warehouse: Warehouse) {
  const source = await addFolderSource(warehouse);
  onTestFinished(() => source.remove());
  const run = aRun({ dataset: "actual", lines: [{ cost: "0.3" }, { cost: "40" }] });
  await run.writeTo(source.path);
  const { dataset, days } = run.delivery;
  return { source: source.name, run: { source: source.name, dataset, month: monthOf(days.first), runId: run.runId } };
}

/** Stores whose first listing goes on until somebody stops it. */
function listingWithoutEnd() {
  let ended = 0;
  return {
    ended: () => ended,
    open: storesWith(async (nth, signal) => {
      if (nth > 1 || signal === undefined) return;
      if (!signal.aborted) await once(signal, "abort");
      ended++;
      throw signal.reason;
    }),
  };
}

/** Stores that refuse their first listing; and when each was asked for, in milliseconds. */
function throttling(refusal: ThrottledError) {
  const listings: number[] = [];
  return {
    listings,
    open: storesWith(async (nth) => {
      listings.push(Date.now());
      if (nth === 1) throw refusal;
    }),
  };
}

/** Stores of real files, and what happens before the n-th listing, counted from 1. */
function storesWith(beforeListing: (nth: number, signal?: AbortSignal) => Promise<void>) {
  let listings = 0;
  return (source: Source): Store => {
    const store = openStore(source, process.env);
    return {
      ...store,
      async *list(signal) {
        await beforeListing(++listings, signal);
        yield* store.list(signal);
      },
    };
  };
}

/** A warehouse that takes the n-th rows for a table when it is told to; `done` when it has them. */
function holding(warehouse: Warehouse, table: string, nth: number) {
  const told = new EventEmitter();
  const done = once(told, "done");
  let inserts = 0;
  const held: Warehouse = {
    ...warehouse,
    async insert(into, rows) {
      const isHeld = into === table && ++inserts === nth;
      if (isHeld) await once(told, "let go");
      await warehouse.insert(into, rows);
      if (isHeld) told.emit("done");
    },
  };
  return { warehouse: held, letGo: () => void told.emit("let go"), done };
}

/** A warehouse that refuses the first rows for a table, so many times. */
function refusing(warehouse: Warehouse, table: string, times: number): Warehouse {
  let left = times;
  return {
    ...warehouse,
    async insert(into, rows) {
      if (into === table && left-- > 0) throw new WarehouseError(`${table}: refused. Try again.`);
      return warehouse.insert(into, rows);
    },
  };
}

/** The activities that a workflow's history tells of; those at hand leave their results only. */
async function activitiesOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
}
