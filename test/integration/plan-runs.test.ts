import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlanRuns } from "../../activities/plan-runs.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { addDays, addMonths, daysOfMonth, parseMonth } from "../../src/domain/month.ts";
import { runKeyOf } from "../../src/domain/run.ts";
import type { Part, Run } from "../../src/domain/run.ts";
import { SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { FolderSource } from "../../src/domain/source.ts";
import { openStore } from "../../src/sources/open-store.ts";
import { openNoExtractor } from "../support/no-extractor.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

const SOURCE: FolderSource = { ...SOURCE_DEFAULTS, name: "contoso", kind: "folder", path: "/" };
const NOTHING_YET = { source: SOURCE, overwrite: false, without: [], settled: [] };
/** What Temporal takes of one input or result is 2 MB; some of it should be left. */
const LIMIT_BYTES = 500_000;

let engine: TestEngine;
let warehouse: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});

afterAll(() => engine.close());

test("a plan stays small however many old deliveries a source holds, and counts them all", async () => {
  // Five years of deliveries twice a day, each of which replaces the one before.
  const runs = Array.from({ length: 60 }, (_, month) =>
    Array.from({ length: 60 }, (_delivery, number) => aRun(month, number, 10)),
  ).flat();
  const plan = await planOf(runs)(NOTHING_YET);
  expect(plan).toMatchObject({ found: 3600, isPartial: false });
  expect(plan.runs).toHaveLength(60);
  expect(plan.skipped).toHaveLength(500);
  expect(plan.moreSkipped).toEqual([{ reason: "superseded by a later run", count: 3040 }]);
  expect(JSON.stringify(plan).length).toBeLessThan(LIMIT_BYTES);
});

test("more parts than a plan holds come in with the next plan, when those before are settled", async () => {
  const runs = Array.from({ length: 4 }, (_, month) => aRun(month, 0, month === 3 ? 1200 : 400));
  const plan = planOf(runs);
  const settled: string[] = [];
  const counts: number[][] = [];
  for (let isPartial = true; isPartial;) {
    const next = await plan({ ...NOTHING_YET, settled });
    counts.push(next.runs.map(({ parts }) => parts.length));
    settled.push(...next.runs.map(runKeyOf));
    isPartial = next.isPartial;
    expect(JSON.stringify(next).length).toBeLessThan(LIMIT_BYTES);
  }
  expect(counts).toEqual([[400, 400], [400], [1200]]);
});

test("a run that cannot be imported gives way to the one before it; one that was tried in vain does not", async () => {
  const [older, newer] = [aRun(0, 1, 1), aRun(0, 2, 1)];
  const plan = planOf([older, newer]);
  expect((await plan(NOTHING_YET)).runs).toEqual([newer]);
  expect((await plan({ ...NOTHING_YET, without: [runKeyOf(newer)] })).runs).toEqual([older]);
  expect(await plan({ ...NOTHING_YET, settled: [runKeyOf(newer)] })).toMatchObject({
    runs: [],
    skipped: [{ runId: older.runId, reason: "superseded by a later run" }],
  });
});

test("of a thousand unreadable deliveries the first are told, and how many there are", async () => {
  const problems = Array.from({ length: 1000 }, (_, number) => ({ place: `${number}`, message: `${number} is bad` }));
  const found = { runs: [], problems, skipped: [], warnings: [], leftoverCount: 0 };
  const plan = await createPlanRuns(dependencies(), () => Promise.resolve(found))(NOTHING_YET);
  expect(plan.problems).toHaveLength(201);
  expect(plan.problems.at(-1)?.message).toBe(
    "contoso: 800 more deliveries cannot be read. `billhouse inspect` lists them.",
  );
});

function planOf(runs: readonly Run[]) {
  const found = { runs, problems: [], skipped: [], warnings: [], leftoverCount: 0 };
  return createPlanRuns(dependencies(), () => Promise.resolve(found));
}

function dependencies() {
  const signal = new AbortController().signal;
  return {
    warehouse,
    openStore: () => openStore(SOURCE, {}),
    openExtractor: openNoExtractor,
    signal,
    onProgress: () => undefined,
  };
}

/** The run that a daily export has written as its `number`th one of a month, counted from January 2021. */
function aRun(monthsLater: number, number: number, partCount: number): Run {
  const month = addMonths(parseMonth("2021-01"), monthsLater);
  const days = daysOfMonth(month);
  const runId = `00000000-0000-4000-8000-${String(monthsLater * 1000 + number).padStart(12, "0")}`;
  const folder = `exports/daily-actual-costs/${days.first.replaceAll("-", "")}-${days.last.replaceAll("-", "")}/${runId}`;
  const parts = Array.from({ length: partCount }, (_, index): Part => ({
    path: `${folder}/part_${index}_0001.csv.gz`,
    byteCount: 100_000_000,
    declaredByteCount: 100_000_000,
    declaredRowCount: 1_000_000,
    etag: "0x8DC6E1B8A6B1F5D",
  }));
  return {
    source: SOURCE.name,
    export:
      "/providers/microsoft.billing/billingaccounts/12345678/providers/microsoft.costmanagement/exports/daily-actual",
    exportName: "daily-actual",
    dataset: "actual",
    month,
    runId,
    submittedAt: `${addDays(days.last, number)}T01:00:00.0000000Z`,
    days,
    manifestPath: `${folder}/manifest.json`,
    dataVersion: "2023-12-01-preview",
    declaredRowCount: partCount * 1_000_000,
    parts,
  };
}
