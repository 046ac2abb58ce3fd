import { EventEmitter, once } from "node:events";
import { WorkflowFailedError } from "@temporalio/client";
import type { WorkflowHandle } from "@temporalio/client";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSourceStatus } from "../../clickhouse/sources.ts";
import { ThrottledError, WarehouseError } from "../../src/domain/errors.ts";
import { monthOf } from "../../src/domain/month.ts";
import type { Source } from "../../src/domain/source.ts";
import { importId, importRunId, pruneId } from "../../src/domain/workflow-names.ts";
import { openStore } from "../../src/sources/open-store.ts";
import type { Store } from "../../src/sources/store.ts";
import { atHandOf } from "../../src/temporal/history.ts";
import type { SourceReport } from "../../workflows/import-source.ts";
import { aRun } from "../support/exports.ts";
import { until } from "../support/processes.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import { startWorker } from "../support/temporal-worker.ts";
import { agreedTotals } from "../support/totals.ts";
import { addFolderSource, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

const Count = z.object({ count: z.number() });
const State = z.object({ state: z.string() });

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(() => engine.close());

describeWithTemporal("what is done where the workflow is at hand", (temporal) => {
  test.each([
    { refused: [], seen: [], marks: ["beginImport", "endImport"] },
    { refused: [1], seen: ["findSource", "recordAttempt", "planRuns"], marks: ["endImport"] },
    { refused: [1, 2], seen: ["findSource", "recordAttempt", "planRuns"], marks: ["endImport"] }, // and tried again
    { refused: [2], seen: ["endImport"], marks: ["beginImport"] },
  ])("becomes activities like others when it fails: refused at $refused", async ({ refused, seen, marks }) => {
    const warehouse = await engine.database();
    const source = await addFolderSource(warehouse);
    onTestFinished(() => source.remove());
    const worker = await startWorker(temporal, { warehouse: refusing(warehouse, "source_attempts", refused) });
    onTestFinished(() => worker.stop());

    const handle = await worker.start("importSource", importId(source.name), { source: source.name });
    await handle.result();

    expect(await activitiesOf(handle)).toEqual(seen);
    expect(await atHandIn(handle)).toEqual(marks);
    expect(await listSourceStatus(warehouse, {})).toMatchObject([{ state: "done" }]);
    expect(await countAttempts(warehouse)).toBe(1);
  });

  test.each([
    { refused: [], seen: [] },
    { refused: [1], seen: ["finishLastRun"] },
  ])("finishes a run, its publications refused at $refused", async ({ refused, seen }) => {
    const warehouse = await engine.database();
    const { source, run } = await deliver(warehouse);
    const worker = await startWorker(temporal, { warehouse: refusing(warehouse, "publications", refused) });
    onTestFinished(() => worker.stop());

    await (await worker.start("importSource", importId(source), { source })).result();

    const activities = await activitiesOf(temporal.client.workflow.getHandle(importRunId(run)));
    expect(activities).toEqual(["loadPart", ...seen]);
    expect(await agreedTotals(warehouse)).toMatchObject({ actual: "40.3" });
  });

  test.each([
    { refused: [], marks: ["beginImport"] },
    { refused: [2], marks: ["beginImport", "endImport"] },
  ])("ends an import with its last run, that end refused at $refused", async ({ refused, marks }) => {
    const warehouse = await engine.database();
    const { source } = await deliver(warehouse, 2);
    const worker = await startWorker(temporal, { warehouse: refusing(warehouse, "source_attempts", refused) });
    onTestFinished(() => worker.stop());

    const handle = await worker.start("importSource", importId(source), { source });
    const { runs } = (await handle.result()) as SourceReport;

    expect(runs).toMatchObject([{ outcome: "imported" }, { outcome: "imported" }]);
    expect(JSON.stringify(runs)).not.toContain("ended"); // what a child tells its import only
    expect(await atHandIn(handle)).toEqual(marks);
    const [status] = await listSourceStatus(warehouse, {});
    expect(status).toMatchObject({ state: "done", runs_found: 2, runs_imported: 2, runs_failed: 0 });
    const prune = temporal.client.workflow.getHandle(pruneId(source));
    expect((await prune.describe()).type).toBe("prune");
  });

  test("ends an import apart from its last run where another one has failed", async () => {
    const warehouse = await engine.database();
    const { source, folder } = await deliver(warehouse);
    await aRun({ dataset: "actual", month: "2026-04", lines: [{ cost: "no number" }] }).writeTo(folder); // comes first
    const worker = await startWorker(temporal, { warehouse });
    onTestFinished(() => worker.stop());

    const handle = await worker.start("importSource", importId(source), { source });
    await handle.result();

    expect(await atHandIn(handle)).toContain("endImport");
    const [status] = await listSourceStatus(warehouse, {});
    expect(status).toMatchObject({ state: "failed", runs_imported: 1, runs_failed: 1 });
    expect(status?.error).toContain("no number");
    expect(await statesOf(warehouse, "source_attempts")).toEqual(["failed", "running"]);
  });

  test("begins no load before it is written down that its run is being imported", async () => {
    const warehouse = await engine.database();
    const { source, run } = await deliver(warehouse);
    const worker = await startWorker(temporal, { warehouse: refusing(warehouse, "runs", [1]) });
    onTestFinished(() => worker.stop());

    await (await worker.start("importSource", importId(source), { source })).result();

    const told = worker.events.flatMap(({ event }) => (/^(run|part) (?!progress)/.test(event) ? [event] : []));
    const attempt = ["run started", "part started"];
    expect(told).toEqual([...attempt, "part failed", ...attempt, "part loaded", "run imported"]);
    expect(await statesOf(warehouse, "runs")).toEqual(["imported", "importing"]);
    expect(await activitiesOf(temporal.client.workflow.getHandle(importRunId(run)))).toEqual(["loadPart"]);
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
    expect(activities).toEqual(["loadPart", "finishLastRun"]);
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

  test("writes down that an import was cancelled, also where it was still being planned", async () => {
    const warehouse = await engine.database();
    const { source } = await deliver(warehouse);
    const endless = listingWithoutEnd();
    const worker = await startWorker(temporal, { warehouse, openStore: endless.open });
    onTestFinished(() => worker.stop());

    const handle = await worker.start("importSource", importId(source), { source });
    await until(async () => (await listSourceStatus(warehouse, {})).length > 0);
    await handle.cancel();

    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    expect(await listSourceStatus(warehouse, {})).toMatchObject([{ state: "canceled" }]);
    expect(await countAttempts(warehouse)).toBe(1);
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

/** A source with a run of each of some months; gives that of the first. */
async function deliver(warehouse: Warehouse, months = 1) {
  const source = await addFolderSource(warehouse);
  onTestFinished(() => source.remove());
  for (const month of ["2026-03", "2026-04"].slice(0, months - 1)) {
    await aRun({ dataset: "actual", month, lines: [{ cost: "1" }] }).writeTo(source.path);
  }
  const run = aRun({ dataset: "actual", lines: [{ cost: "0.3" }, { cost: "40" }] });
  await run.writeTo(source.path);
  const { dataset, days } = run.delivery;
  return {
    source: source.name,
    folder: source.path,
    run: { source: source.name, dataset, month: monthOf(days.first), runId: run.runId },
  };
}

async function countAttempts(warehouse: Warehouse): Promise<number> {
  const [row] = await warehouse.rows("SELECT toUInt32(uniqExact(attempt_id)) AS count FROM source_attempts");
  return Count.parse(row).count;
}

/** What was ever written down. */
async function statesOf(warehouse: Warehouse, table: "runs" | "source_attempts"): Promise<string[]> {
  const rows = await warehouse.rows(`SELECT DISTINCT toString(state) AS state FROM ${table} ORDER BY state`);
  return rows.map((row) => State.parse(row).state);
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

/** A warehouse that refuses the n-th rows for a table, counted from 1. */
function refusing(warehouse: Warehouse, table: string, refused: readonly number[]): Warehouse {
  let inserts = 0;
  return {
    ...warehouse,
    async insert(into, rows) {
      if (into === table && refused.includes(++inserts)) throw new WarehouseError(`${table}: refused. Try again.`);
      return warehouse.insert(into, rows);
    },
  };
}

/** What was done with the workflow at hand, and did not fail there. */
async function atHandIn(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => atHandOf(event)?.name ?? []);
}

/** The activities that a workflow's history tells of; those at hand leave their results only. */
async function activitiesOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
}
