import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { DEVELOPMENT, importHttpData, PRODUCTION } from "../support/http-data.ts";
import type { HttpData } from "../support/http-data.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { startTestEngine } from "../support/warehouse.ts";
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

const Side = z.object({
  publicationId: z.string(),
  runId: z.string(),
  submittedAt: z.string(),
  publishedAt: z.string(),
});
const Answer = z.object({
  data: z.array(
    z.looseObject({ before: Side, after: Side, changes: z.record(z.string(), z.array(z.looseObject({}))) }),
  ),
  rows: z.number(),
  incomparable: z.array(z.string()),
});

async function diff(query: string): Promise<z.infer<typeof Answer>> {
  const answer = await service.get(`/v1/diff${query}`);
  expect(answer.statusCode).toBe(200);
  return Answer.parse(answer.json());
}

const euros = { metric: "actual", currency: "EUR" };

test("a month is compared with what answered before it, with all digits", async () => {
  const { data: comparisons, rows, incomparable } = await diff("?month=2026-05&source=contoso&dataset=actual");
  expect(rows).toBe(1);
  const [comparison] = comparisons;
  expect(comparison).toMatchObject({
    source: "contoso",
    exportName: "daily-actual",
    dataset: "actual",
    month: "2026-05",
    before: { runId: data.runs[1]?.runId },
    after: { runId: data.runs[2]?.runId },
    rows: { added: 7, removed: 2 }, // no row of the month to date is as it was
    totals: [{ ...euros, before: "197", after: "165.800001", difference: "-31.199999", rowsBefore: 2, rowsAfter: 7 }],
  });
  expect(comparison?.changes["subscription"]).toMatchObject([
    { ...euros, line: DEVELOPMENT, name: "Development", before: "98", after: "0.800001", difference: "-97.199999" },
    { ...euros, line: "", before: "0", after: "40", difference: "40" },
    { ...euros, line: PRODUCTION, name: "Production", before: "99", after: "125", difference: "26" },
  ]);
  expect(comparison?.changes["day"]).toMatchObject([
    { line: "2026-05-03", before: "197", after: "15.55" },
    { line: "2026-05-05", before: "0", after: "100" },
    { line: "2026-05-01", before: "0", after: "40" },
    { line: "2026-05-16", before: "0", after: "10.25" },
    { line: "2026-05-20", before: "0", after: "0.000001" },
  ]);
  expect(comparison?.before.publishedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(incomparable).toEqual([
    expect.stringContaining("contoso: production-actual actual 2026-05: there is only one publication"),
  ]);
});

test("publications and moments can be named, and the sides turned round", async () => {
  const [comparison] = (await diff("?month=2026-05&source=contoso&dataset=actual")).data;
  const { before, after } = comparison ?? { before: undefined, after: undefined };
  const turned = await diff(`?month=2026-05&from=${after?.publicationId}&to=${before?.publicationId}`);
  expect(turned.data).toMatchObject([
    { before: after, after: before, rows: { added: 2, removed: 7 }, totals: [{ difference: "31.199999" }] },
  ]);
  const since = await diff(`?month=2026-05&from=${before?.publishedAt}&source=contoso&dataset=actual`);
  expect(since.data).toMatchObject([{ before, after }]);
});

test("one grouping can be asked for, and only the largest changes", async () => {
  const [comparison] = (await diff("?month=2026-05&source=contoso&dataset=actual&by=day&limit=2")).data;
  expect(Object.keys(comparison?.changes ?? {})).toEqual(["day"]);
  expect(comparison?.changes["day"]).toMatchObject([
    { line: "2026-05-03", changedLines: 5 },
    { line: "2026-05-05", changedLines: 5 },
  ]);
});

test("where there is nothing to compare, it says so", async () => {
  const nothing = await service.get("/v1/diff?month=2025-01");
  expect(nothing.statusCode).toBe(404);
  expect(JSON.stringify(nothing.json())).toContain("2025-01: nothing is published of it");
  const { data: none, incomparable } = await diff("?month=2026-04");
  expect(none).toEqual([]);
  expect(incomparable).toEqual([
    expect.stringContaining("contoso: daily-actual actual 2026-04: there is only one publication"),
  ]);
});

test.each([
  ["", 400, "month"],
  ["?month=May", 400, "month"],
  ["?month=2026-05&from=yesterday", 400, "from"],
  ["?month=2026-05&by=colour", 400, "by"],
  ["?month=2026-05&limit=0", 400, "limit"],
  ["?month=2026-05&colour=red", 400, "colour"],
  ["?month=2026-05&source=nobody", 404, "nobody"],
])("%j is refused by name", async (query, status, named) => {
  const answer = await service.get(`/v1/diff${query}`);
  expect(answer.statusCode).toBe(status);
  expect(JSON.stringify(answer.json())).toContain(named);
});
