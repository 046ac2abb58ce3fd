import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { aRun } from "../support/exports.ts";
import type { RenderedRun } from "../support/exports.ts";
import { importHttpData } from "../support/http-data.ts";
import type { HttpData } from "../support/http-data.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { importAll, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let data: HttpData;
let service: TestService;

beforeAll(async () => {
  engine = await startTestEngine();
  const warehouse = await engine.database();
  data = await importHttpData(warehouse);
  service = await createTestService(warehouse);
});

afterAll(async () => {
  await service.close();
  await data.remove();
  await engine.close();
});

const Answer = z.object({
  data: z.array(z.looseObject({ source: z.string(), month: z.string(), isReconciled: z.boolean() })),
  rows: z.number(),
  isReconciled: z.boolean(),
});

async function reconciliation(query = ""): Promise<z.infer<typeof Answer>> {
  const answer = await service.get(`/v1/reconciliation${query}`);
  expect(answer.statusCode).toBe(200);
  return Answer.parse(answer.json());
}

/** Rows and stored bytes of runs, as the files themselves have them. */
function countsOf(...runs: readonly (RenderedRun | undefined)[]) {
  const rows = data.lines.filter((line) => runs.includes(line.run)).length;
  const bytes = runs
    .flatMap((run) => run?.partPaths.map((path) => run.files.get(path)?.length ?? 0) ?? [])
    .reduce((sum, count) => sum + count, 0);
  return { manifestRows: rows, rowsLoaded: rows, rowsRejected: 0, rowDifference: 0, manifestBytes: bytes, bytes };
}

const nothing = {
  actual: null,
  amortized: null,
  focusBilled: null,
  focusEffective: null,
  actualDifference: null,
  amortizedDifference: null,
};

test("every source and month is held against its manifests, with exact totals in each currency", async () => {
  const { data: listed, rows, isReconciled } = await reconciliation();
  const [april, , may, amortized, production, fabrikam, tailspin] = data.runs;
  expect(listed).toMatchObject([
    {
      source: "contoso",
      month: "2026-04",
      ...countsOf(april),
      totals: [{ ...nothing, currency: "EUR", actual: "10.6234567890123456789012345678" }],
      isReconciled: true,
    },
    {
      source: "contoso",
      month: "2026-05",
      ...countsOf(may, amortized, production),
      // The account's 165.800001 and the production export's 81.76, less the 12.25 that both have.
      totals: [{ ...nothing, currency: "EUR", actual: "235.310001", amortized: "3000" }],
      isReconciled: true,
    },
    {
      source: "fabrikam",
      month: "2026-05",
      ...countsOf(fabrikam),
      totals: [
        { ...nothing, currency: "EUR", actual: "5.5" },
        { ...nothing, currency: "USD", actual: "21.200000000000000000000000000001" },
      ],
      isReconciled: true,
    },
    {
      source: "tailspin",
      month: "2026-05",
      ...countsOf(tailspin),
      totals: [{ ...nothing, currency: "USD", actual: "9" }],
      isReconciled: true,
    },
  ]);
  expect({ rows, isReconciled }).toEqual({ rows: 4, isReconciled: true });
});

test("each run has its own counts and sums", async () => {
  const { data: listed } = await reconciliation("?source=contoso&month=2026-05");
  expect(listed).toMatchObject([
    {
      runs: [
        {
          exportName: "daily-actual",
          runId: data.runs[2]?.runId,
          manifestRows: 7,
          rowsLoaded: 7,
          sums: [{ metric: "actual", currency: "EUR", total: "165.800001" }],
          differences: [],
        },
        { exportName: "daily-amortized", sums: [{ metric: "amortized", currency: "EUR", total: "3000" }] },
        { exportName: "production-actual", sums: [{ metric: "actual", currency: "EUR", total: "81.76" }] },
      ],
    },
  ]);
});

test("lists can be narrowed to sources, a month and days", async () => {
  const keys = async (query: string) =>
    (await reconciliation(query)).data.map(({ source, month }) => `${source} ${month}`);
  expect(await keys("?source=fabrikam&source=tailspin")).toEqual(["fabrikam 2026-05", "tailspin 2026-05"]);
  expect(await keys("?month=2026-04")).toEqual(["contoso 2026-04"]);
  expect(await keys("?from=2026-05-21")).toEqual(["fabrikam 2026-05", "tailspin 2026-05"]);
  expect(await keys("?source=northwind")).toEqual([]);
});

test.each([
  ["?colour=red", 400, "colour"],
  ["?month=May", 400, "month"],
  ["?from=May", 400, "from"],
  ["?source=nobody", 404, "nobody"],
])("%s is refused by name", async (query, status, named) => {
  const answer = await service.get(`/v1/reconciliation${query}`);
  expect(answer.statusCode).toBe(status);
  expect(JSON.stringify(answer.json())).toContain(named);
});

test("cost exports are held against FOCUS exports, though each silences the other for readers", async () => {
  const path = data.sources.get("northwind")?.path ?? "";
  const shared = { month: "2026-03" };
  await aRun({ ...shared, dataset: "actual", lines: [{ cost: "10.25" }, { cost: "0.1" }] }).writeTo(path);
  await aRun({ ...shared, dataset: "amortized", lines: [{ cost: "7.000000000000000000000000000002" }] }).writeTo(path);
  await aRun({
    ...shared,
    dataset: "focus",
    lines: [
      { cost: "10.25", effectiveCost: "6" },
      { cost: "0.05", effectiveCost: "1" },
    ],
  }).writeTo(path);
  await importAll(service.dependencies.warehouse, "northwind");
  const { data: listed } = await reconciliation("?source=northwind");
  expect(listed).toMatchObject([
    {
      month: "2026-03",
      manifestRows: 5,
      rowsLoaded: 5,
      totals: [
        {
          currency: "USD",
          actual: "10.35",
          focusBilled: "10.3",
          actualDifference: "0.05",
          amortized: "7.000000000000000000000000000002",
          focusEffective: "7",
          amortizedDifference: "0.000000000000000000000000000002",
        },
      ],
      isReconciled: true,
    },
  ]);
});

test("rows that are gone are told, and what is told of all others stays", async () => {
  const { warehouse } = service.dependencies;
  await warehouse.run(
    "ALTER TABLE cost_entries DELETE WHERE source = 'tailspin' AND date = '2026-05-04' SETTINGS mutations_sync = 1",
  );
  const { data: listed, isReconciled } = await reconciliation("?source=tailspin&source=fabrikam");
  expect(isReconciled).toBe(false);
  expect(listed).toMatchObject([
    { source: "fabrikam", isReconciled: true },
    {
      source: "tailspin",
      isReconciled: false,
      manifestRows: 2,
      rowsLoaded: 1,
      rowDifference: 1,
      runs: [
        {
          differences: [
            "2 rows in the manifest, 1 rows loaded and rejected",
            "2 rows counted when loaded, 1 rows held now",
            "the rollups do not add up to the entries in USD",
          ],
        },
      ],
    },
  ]);
});
