import { ApplicationFailure, WorkflowExecutionAlreadyStartedError, WorkflowFailedError } from "@temporalio/client";
import type { WorkflowHandle } from "@temporalio/client";
import { CancelledFailure } from "@temporalio/common";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSourceStatus, saveSource } from "../../clickhouse/sources.ts";
import { ThrottledError } from "../../src/domain/errors.ts";
import { monthOf, parseMonth } from "../../src/domain/month.ts";
import { SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import {
  backfillId,
  backfillMonthId,
  IMPORT_ALL_ID,
  importId,
  importRunId,
  MESSAGES,
  PRUNE_ID,
  pruneId,
} from "../../src/domain/workflow-names.ts";
import type { BackfillReport } from "../../workflows/backfill.ts";
import type { ImportAllReport } from "../../workflows/import-all.ts";
import type { SourceReport } from "../../workflows/import-source.ts";
import type { BackfillProgress, RunProgress, SourceProgress } from "../../workflows/progress.ts";
import { until } from "../support/processes.ts";
import { aRun } from "../support/exports.ts";
import type { RenderedRun } from "../support/exports.ts";
import { createHinderedStores } from "../support/hindered-store.ts";
import type { HinderedStores, Hindrance } from "../support/hindered-store.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import type { TemporalServer } from "../support/temporal.ts";
import { refusalOf, startWorker } from "../support/temporal-worker.ts";
import type { TestWorker } from "../support/temporal-worker.ts";
import { agreedTotals } from "../support/totals.ts";
import { addFolderSource, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

const NOTHING = { actual: "0", amortized: "0" };

let engine: TestEngine;
const undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  engine = await startTestEngine();
});

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

afterAll(() => engine.close());

describeWithTemporal("imports under Temporal", (temporal) => {
  test("a source comes in end to end, and a second time there is nothing to do", async () => {
    const stage = await aStage(temporal, "end-to-end");
    const run = aRun({ dataset: "actual", parts: 3, lines: [{ cost: "0.1" }, { cost: "0.2" }, { cost: "40" }] });
    await run.writeTo(stage.path);

    const { runs } = await stage.import();
    expect(runs).toMatchObject([{ outcome: "imported", runId: run.runId, report: { rowsLoaded: 3 } }]);
    expect(await agreedTotals(stage.warehouse)).toEqual({ actual: "40.3", amortized: "0" });
    expect((await stage.import()).runs).toMatchObject([{ outcome: "skipped", reason: "already imported" }]);
    expect(await stage.state()).toBe("done");
  });

  test("what workflows are searched by leads to them", async () => {
    const stage = await aStage(temporal, "searched");
    const run = aRun({ dataset: "amortized", month: "2026-04", lines: [{ cost: "1" }] });
    await run.writeTo(stage.path);
    await stage.import();
    const find = async (query: string) => {
      const found: string[] = [];
      for await (const { workflowId } of temporal.client.workflow.list({ query })) found.push(workflowId);
      return found.toSorted();
    };
    await until(async () => (await find('BillhouseSource = "searched"')).length === 3); // the listing comes after
    expect(await find('BillhouseSource = "searched"')).toEqual([
      importId("searched"),
      idOf("searched", run),
      pruneId("searched"),
    ]);
    const precisely = `BillhouseDataset = "amortized" AND BillhouseMonth = "2026-04" AND BillhouseRunId = "${run.runId}"`;
    expect(await find(precisely)).toEqual([idOf("searched", run)]);
  });

  test("two starts of one import are one, and others leave to it what it is at", async () => {
    const stage = await aStage(temporal, "twice", () => "hold");
    const run = aBigRun();
    await run.writeTo(stage.path);
    const first = await stage.begin();
    await stage.opened(1);

    await expect(stage.begin()).rejects.toThrow(WorkflowExecutionAlreadyStartedError);
    const all = await stage.worker.start("importAll", IMPORT_ALL_ID, { sources: ["twice"] });
    expect(await all.result()).toMatchObject({ sources: [{ source: "twice", error: null, alreadyRunning: true }] });
    const months = { source: "twice", from: "2026-05", to: "2026-05" };
    const backfill = await stage.worker.start("backfill", backfillId("twice"), months);
    expect(await backfill.result()).toMatchObject({ months: [{ imported: 0, skipped: 1, failed: 0, error: null }] });

    stage.stores.letGo();
    expect(((await first.result()) as SourceReport).runs).toMatchObject([{ outcome: "imported" }]);
    expect(stage.stores.openings).toHaveLength(1);
  });

  test("one source that fails does not stop the others", async () => {
    const stage = await aStage(temporal, "good");
    await aRun({ dataset: "actual", lines: [{ cost: "7" }] }).writeTo(stage.path);
    const url = "https://nobody.blob.core.windows.net/exports";
    const credential = { env: "NOT_SET_ANYWHERE" };
    await saveSource(stage.warehouse, { ...SOURCE_DEFAULTS, name: "bad", kind: "blob", url, credential });
    await saveSource(stage.warehouse, {
      ...SOURCE_DEFAULTS,
      name: "off",
      kind: "blob",
      url,
      credential,
      enabled: false,
    });

    const all = await stage.worker.start("importAll", IMPORT_ALL_ID);
    const { sources } = (await all.result()) as ImportAllReport;
    expect(sources).toMatchObject([
      { source: "bad", error: expect.stringContaining("NOT_SET_ANYWHERE") as string },
      { source: "good", error: null, runs: [{ outcome: "imported" }] },
    ]);
    expect(await agreedTotals(stage.warehouse)).toEqual({ actual: "7", amortized: "0" });
  });

  test("a run that cannot be imported is reported, and an earlier one answers instead", async () => {
    const stage = await aStage(temporal, "understudy");
    const older = aRun({ dataset: "actual", submittedAt: "2026-06-01T01:00:00Z", lines: [{ cost: "5" }] });
    const newer = aRun({ dataset: "actual", submittedAt: "2026-06-01T02:00:00Z", lines: [{ cost: "no number" }] });
    await older.writeTo(stage.path);
    await newer.writeTo(stage.path);
    const { runs } = await stage.import();
    expect(runs.map(({ outcome }) => outcome)).toEqual(["failed", "imported"]);
    expect(await agreedTotals(stage.warehouse)).toEqual({ actual: "5", amortized: "0" });
    expect(await stage.state()).toBe("failed");
  });

  test("cancelled in mid-load, it leaves nothing visible and no running query", async () => {
    const stage = await aStage(temporal, "cancelled", () => "hold");
    const run = aBigRun();
    await run.writeTo(stage.path);
    const handle = await stage.begin();
    await until(async () => (await runningLoads(stage.warehouse)) === 1);

    await handle.cancel();
    const failure = await failureOf(handle);
    expect(failure).toBeInstanceOf(CancelledFailure);
    expect(await runningLoads(stage.warehouse)).toBe(0);
    expect(await agreedTotals(stage.warehouse)).toEqual(NOTHING);
    expect(await stage.state()).toBe("canceled");

    stage.stores.letGo();
    expect((await stage.import()).runs).toMatchObject([{ outcome: "imported" }]);
  });

  test("a wrong input fails at once", async () => {
    const stage = await aStage(temporal, "wrong");
    for (const [type, input, message] of [
      ["importSource", {}, "importSource: source: expected the name of a source, such as contoso, got null"],
      ["importSource", { source: "no-such" }, 'There is no source "no-such"'],
      ["importSource", { source: "demo", overwrte: true }, 'importSource: there is no "overwrte"'],
      ["importRun", { source: "demo" }, "importRun: expected a source and a run"],
      ["importAll", { sources: "demo" }, "importAll: sources: expected a list"],
      ["backfill", { source: "demo", from: "2026-13", to: "2026-12" }, "backfill: from: expected a month like 2026-09"],
      ["backfill", { source: "demo", from: "2026-05", to: "2026-04" }, "backfill: from 2026-05 is after to 2026-04"],
      ["prune", { keep: 0 }, "prune: keep: expected a whole number of at least 1, got 0"],
    ] as const) {
      const failure = await failureOf(await stage.worker.start(type, `wrong/${type}`, input));
      expect(failure).toBeInstanceOf(ApplicationFailure);
      expect(failure).toMatchObject({
        type: "InvalidRequestError",
        message: expect.stringContaining(message) as string,
      });
    }
  });

  test("a store that asks to be left alone is asked again no sooner than it said", async () => {
    const refusal = new ThrottledError("the account: cannot read (503)", { retryAfterSeconds: 4 });
    const stage = await aStage(temporal, "throttled", (_, opening) => (opening === 1 ? refusal : undefined));
    await aRun({ dataset: "actual", lines: [{ cost: "1" }] }).writeTo(stage.path);
    expect((await stage.import()).runs).toMatchObject([{ outcome: "imported" }]);
    const [first, second] = stage.stores.openings;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(4000);
  });

  test("the query `progress` tells how far a run and its source are", async () => {
    const stage = await aStage(temporal, "watched", (path) => (path.includes("part_1") ? "hold" : undefined));
    const run = aBigRun(2);
    await run.writeTo(stage.path);
    const handle = await stage.begin();
    const child = stage.childOf(run);
    const isHalf = async () => (await progressOf<RunProgress>(child)).parts.done === 1;
    await until(() => isHalf().catch(() => false));

    const half = await progressOf<RunProgress>(child);
    expect(half).toMatchObject({
      source: "watched",
      dataset: "actual",
      month: "2026-05",
      runId: run.runId,
      state: "loading",
      isPaused: false,
      parts: { total: 2, done: 1, failed: 0, loading: 1 },
      rows: 200,
      rejected: 0,
      loading: [run.partPaths[1]],
      failures: [],
    });
    expect(half.bytesDone).toBe(run.files.get(run.partPaths[0] ?? "")?.length);
    expect(half.rowsPerSecond).toBeGreaterThan(0);
    expect(await progressOf<SourceProgress>(handle)).toMatchObject({
      source: "watched",
      state: "importing",
      runs: { total: 1, imported: 0, skipped: 0, failed: 0 },
      current: idOf("watched", run),
    });
    stage.stores.letGo();
    await handle.result();
    expect(await progressOf<RunProgress>(child)).toMatchObject({ state: "done", parts: { done: 2 }, rows: 400 });
    expect(await progressOf<SourceProgress>(handle)).toMatchObject({ state: "done", runs: { imported: 1 }, rows: 400 });
  });

  test("the update `retryPart` begins a part anew, at once", async () => {
    const stage = await aStage(temporal, "retried", (path, opening) =>
      path.includes("part_1") && opening === 1 ? "hold" : undefined,
    );
    const run = aBigRun(2);
    await run.writeTo(stage.path);
    const handle = await stage.begin();
    const child = stage.childOf(run);
    await until(async () => (await progressOf<RunProgress>(child).catch(() => null))?.parts.done === 1);
    const retry = (part: string) => child.executeUpdate(MESSAGES.retryPart, { args: [{ part }] });

    expect(await refusalOf(retry("elsewhere.csv"))).toContain('"elsewhere.csv" is no part of run');
    expect(await refusalOf(retry(run.partPaths[0] ?? ""))).toContain("is loaded");
    await retry(run.partPaths[1] ?? "");
    expect(((await handle.result()) as SourceReport).runs).toMatchObject([{ outcome: "imported" }]);
    expect(stage.stores.openings.filter(({ path }) => path === run.partPaths[1])).toHaveLength(2);
    expect((await agreedTotals(stage.warehouse)).actual).toBe("400");
  });

  test("a part that fails while its run is paused waits: for a new try, or for the run to go on", async () => {
    const gone = new RangeError("the disk is out"); // unknown failures are tried again, this one would be for half an hour
    const broken = Object.assign(gone, { name: "FileError" });
    const stage = await aStage(temporal, "waiting", (path, opening) => {
      if (opening > 1) return path.includes("part_1") && opening === 2 ? broken : undefined;
      return "hold";
    });
    const run = aBigRun(2);
    await run.writeTo(stage.path);
    const handle = await stage.begin();
    const child = stage.childOf(run);
    await stage.opened(2);
    await handle.signal(MESSAGES.pause); // handed down to the run
    await until(async () => (await progressOf<RunProgress>(child)).isPaused);
    const retry = (part = "") => child.executeUpdate(MESSAGES.retryPart, { args: [{ part }] });
    await retry(run.partPaths[1]);
    await until(async () => (await progressOf<RunProgress>(child)).parts.failed === 1);
    await retry(run.partPaths[0]);
    await until(async () => (await progressOf<RunProgress>(child)).parts.done === 1);
    expect((await progressOf<RunProgress>(child)).failures).toEqual([
      { part: run.partPaths[1], error: "the disk is out" },
    ]);

    await handle.signal(MESSAGES.resume);
    expect(((await handle.result()) as SourceReport).runs).toMatchObject([{ outcome: "imported" }]);
    expect((await agreedTotals(stage.warehouse)).actual).toBe("400");
  });

  test("a backfill goes month by month, can be paused, and goes on in a new execution after a year", async () => {
    const stage = await aStage(temporal, "history", (path) => (path.includes("202602") ? "hold" : undefined));
    const newest = aBigRun(1, "2026-02");
    await newest.writeTo(stage.path);
    await aRun({ dataset: "actual", month: "2025-01", lines: [{ cost: "2" }] }).writeTo(stage.path);
    const months = { source: "history", from: "2024-12", to: "2026-02" };
    const handle = await stage.worker.start("backfill", backfillId("history"), months);
    const { runId: firstExecution } = await handle.describe();
    await stage.opened(1);

    await handle.signal(MESSAGES.pause);
    const child = stage.childOf(newest);
    await until(async () => (await progressOf<RunProgress>(child)).isPaused);
    stage.stores.letGo();
    await until(async () => (await progressOf<RunProgress>(child)).state === "finishing");
    await until(async () => ((await child.describe()).raw.pendingActivities ?? []).length === 0); // it is through with that
    expect(await progressOf<RunProgress>(child)).toMatchObject({ state: "finishing", isPaused: true });
    expect(await progressOf<BackfillProgress>(handle)).toMatchObject({
      isPaused: true,
      months: { total: 15, done: 0, failed: 0 },
      current: backfillMonthId("history", parseMonth("2026-02")),
    });
    expect(await agreedTotals(stage.warehouse)).toEqual(NOTHING);

    await handle.signal(MESSAGES.resume);
    const report = (await handle.result()) as BackfillReport;
    const all = ["2026-02", "2026-01", "2025-12", "2025-11", "2025-10", "2025-09", "2025-08", "2025-07", "2025-06"];
    all.push("2025-05", "2025-04", "2025-03", "2025-02", "2025-01", "2024-12");
    expect(report.months.map(({ month }) => month)).toEqual(all);
    expect(report.months.filter(({ imported }) => imported > 0).map(({ month }) => month)).toEqual([
      "2026-02",
      "2025-01",
    ]);
    const { runId: lastExecution } = await temporal.client.workflow.getHandle(backfillId("history")).describe();
    expect(lastExecution).not.toBe(firstExecution);
    expect((await agreedTotals(stage.warehouse)).actual).toBe("202");
  });

  test("an import leaves a prune behind, which keeps the last three publications of a month", async () => {
    const stage = await aStage(temporal, "kept");
    await aRun({ dataset: "actual", lines: [{ cost: "1" }] }).writeTo(stage.path);
    const pruned = new Set<string>();
    const nextPrune = async (): Promise<unknown> => {
      const { runId } = await vi.waitFor(async () => {
        const found = await temporal.client.workflow.getHandle(pruneId("kept")).describe();
        expect(pruned).not.toContain(found.runId);
        return found;
      }, 10_000);
      pruned.add(runId);
      return temporal.client.workflow.getHandle(pruneId("kept"), runId).result();
    };
    for (let times = 0; times < 3; times++) {
      await stage.import({ overwrite: true });
      expect(await nextPrune()).toMatchObject({ freed: [], evaluations: { evaluations: 0 } });
    }
    await stage.import({ overwrite: true });
    expect(await nextPrune()).toMatchObject({
      freed: [{ source: "kept", month: "2026-05", publications: 1, loads: 1 }],
    });
    expect((await agreedTotals(stage.warehouse)).actual).toBe("1");
  });

  test("prune gives what it freed", async () => {
    const stage = await aStage(temporal, "pruned");
    await aRun({ dataset: "actual", lines: [{ cost: "1" }] }).writeTo(stage.path);
    await stage.import();
    await stage.import({ overwrite: true });
    const handle = await stage.worker.start("prune", PRUNE_ID, { keep: 1 });
    expect(await handle.result()).toMatchObject({
      freed: [{ source: "pruned", month: "2026-05", publications: 1, loads: 1 }],
      evaluations: { evaluations: 0, works: 0 },
    });
    expect((await agreedTotals(stage.warehouse)).actual).toBe("1");
  });
});

/** A source with a folder of its own, a database, and a worker for both. */
type Stage = {
  readonly warehouse: Warehouse;
  readonly path: string;
  readonly stores: HinderedStores;
  readonly worker: TestWorker;
  readonly begin: (options?: object) => Promise<WorkflowHandle>;
  readonly import: (options?: object) => Promise<SourceReport>;
  /** Waits until files were opened so many times. */
  readonly opened: (count: number) => Promise<void>;
  readonly childOf: (run: RenderedRun) => WorkflowHandle;
  /** How the last attempt to import the source stands. */
  readonly state: () => Promise<string | undefined>;
};

async function aStage(
  temporal: TemporalServer,
  name: string,
  hinder: (path: string, opening: number) => Hindrance = () => undefined,
): Promise<Stage> {
  const warehouse = await engine.database();
  const source = await addFolderSource(warehouse, { name });
  undo.push(() => source.remove());
  const stores = createHinderedStores(hinder);
  const worker = await startWorker(temporal, { warehouse, openStore: stores.open });
  undo.push(() => worker.stop());
  const begin = (options: object = {}) => worker.start("importSource", importId(name), { source: name, ...options });
  return {
    warehouse,
    path: source.path,
    stores,
    worker,
    begin,
    import: async (options) => (await (await begin(options)).result()) as SourceReport,
    opened: (count) => until(() => stores.openings.length >= count),
    childOf: (run) => temporal.client.workflow.getHandle(idOf(name, run)),
    async state() {
      return (await listSourceStatus(warehouse, {})).find((status) => status.source === name)?.state;
    },
  };
}

/** A run of 200 rows of 1 in each part, large enough to be held in the middle. */
function aBigRun(parts = 1, month = "2026-05"): RenderedRun {
  const lines = Array.from({ length: 200 * parts }, () => ({ cost: "1" }));
  return aRun({ dataset: "actual", month, parts, lines, gzip: false });
}

function idOf(source: string, { delivery, runId }: RenderedRun): string {
  return importRunId({ source, dataset: delivery.dataset, month: monthOf(delivery.days.first), runId });
}

async function progressOf<T>(handle: WorkflowHandle): Promise<T> {
  return handle.query<T>(MESSAGES.progress);
}

async function failureOf(handle: WorkflowHandle): Promise<unknown> {
  try {
    await handle.result();
  } catch (error) {
    if (error instanceof WorkflowFailedError) return error.cause;
    throw error;
  }
  throw new Error("The workflow did not fail");
}

async function runningLoads(warehouse: Warehouse): Promise<number> {
  return (await warehouse.rows("SELECT 1 FROM system.processes WHERE query LIKE 'INSERT INTO cost_landing%'")).length;
}
