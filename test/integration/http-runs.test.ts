import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { importHttpData } from "../support/http-data.ts";
import type { HttpData } from "../support/http-data.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { aRun } from "../support/exports.ts";
import type { RenderedRun } from "../support/exports.ts";
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

const Runs = z.object({
  data: z.array(z.looseObject({ source: z.string(), dataset: z.string(), month: z.string(), runId: z.string() })),
  rows: z.number(),
  next: z.string().nullable(),
});

async function runs(query: string): Promise<z.infer<typeof Runs>> {
  const answer = await service.get(`/v1/runs${query}`);
  expect(answer.statusCode).toBe(200);
  return Runs.parse(answer.json());
}

/** What the files of a run say of it, and the import that it went through. */
function expectedOf(run: RenderedRun, source: string): object {
  const { exportName, dataset, submittedAt, days } = run.delivery;
  const bytes = run.partPaths.reduce((sum, path) => sum + (run.files.get(path)?.length ?? 0), 0);
  const rows = data.lines.filter((line) => line.run === run).length;
  return {
    source,
    exportName,
    dataset,
    month: days.first.slice(0, 7),
    runId: run.runId,
    submittedAt,
    days,
    manifestPath: run.manifestPath,
    parts: 1,
    bytes,
    declaredRows: rows,
    rowsLoaded: rows,
    rowsRejected: 0,
    state: "imported",
    error: null,
  };
}

const sourceOf = (run: RenderedRun) => data.lines.find((line) => line.run === run)?.source ?? "";

test("every run that was imported is listed with what its manifest announces, those submitted last first", async () => {
  const { data: listed, rows, next } = await runs("");
  const expected = data.runs.map((run) => ({ run, source: sourceOf(run) }));
  const inOrder = expected.toSorted(
    (a, b) =>
      (a.run.delivery.submittedAt < b.run.delivery.submittedAt ? 1 : -1) *
        Number(a.run.delivery.submittedAt !== b.run.delivery.submittedAt) || (a.source < b.source ? -1 : 1),
  );
  expect(listed.filter(({ source }) => source !== "contoso")).toMatchObject(
    inOrder.filter(({ source }) => source !== "contoso").map(({ run, source }) => expectedOf(run, source)),
  );
  for (const { run, source } of expected) {
    const found = listed.find((one) => one.source === source && one.runId === run.runId);
    expect(found).toMatchObject(expectedOf(run, source));
  }
  const submitted = listed.map((run) => String(run["submittedAt"]));
  expect(submitted).toEqual(submitted.toSorted().toReversed());
  expect({ rows, next }).toEqual({ rows: data.runs.length, next: null });
});

test("each run says whether it answers now", async () => {
  const { data: listed } = await runs("?source=contoso&dataset=actual&month=2026-05");
  const current = listed.map((run) => [run["exportName"], run["submittedAt"], run["publication"]]);
  expect(current).toMatchObject([
    ["production-actual", "2026-05-22T03:00:00.0000000Z", { state: "published", isCurrent: true }],
    ["daily-actual", "2026-05-21T04:12:31.7047394Z", { state: "published", isCurrent: true }],
    ["daily-actual", "2026-05-11T04:12:31.7047394Z", { state: "published", isCurrent: false }],
  ]);
});

test("pages hold every run once, in the order of the whole list", async () => {
  const { data: whole } = await runs("");
  const paged: unknown[] = [];
  let pages = 0;
  for (let next: string | null = ""; next !== null; pages++) {
    const page = await runs(`?limit=2${next === "" ? "" : `&cursor=${next}`}`);
    expect(page.rows).toBe(page.data.length);
    paged.push(...page.data);
    ({ next } = page);
  }
  expect(paged).toEqual(whole);
  expect(pages).toBe(Math.ceil(whole.length / 2));
});

test("lists can be narrowed to sources, a dataset, a month and a state", async () => {
  const { data: whole } = await runs("");
  const narrowed = async (query: string, isMeant: (run: (typeof whole)[number]) => boolean) => {
    const expected = whole.filter(isMeant);
    expect((await runs(query)).data).toEqual(expected);
    return expected.length;
  };
  expect(await narrowed("?source=fabrikam&source=tailspin", ({ source }) => source !== "contoso")).toBe(2);
  expect(await narrowed("?dataset=amortized", ({ dataset }) => dataset === "amortized")).toBe(1);
  expect(await narrowed("?month=2026-04", ({ month }) => month === "2026-04")).toBe(1);
  expect(await narrowed("?state=imported", () => true)).toBe(whole.length);
  expect(await narrowed("?state=failed", () => false)).toBe(0);
  expect((await runs("?source=northwind")).data).toEqual([]);
});

test("a run is found by its id in any case, in each source that delivered it", async () => {
  const [shared] = data.runs.filter((run) => sourceOf(run) === "tailspin");
  const answer = await service.get(`/v1/runs/${shared?.runId.toUpperCase()}`);
  const found = Runs.parse(answer.json()).data;
  expect(found.map(({ source }) => source)).toEqual(["fabrikam", "tailspin"]); // whose exports have one name
  const unknown = await service.get("/v1/runs/4711");
  expect(unknown.statusCode).toBe(404);
  expect(unknown.json()).toEqual({
    error: { code: "not_found", message: 'No import has worked on a run "4711". /v1/runs lists those there are.' },
  });
});

test.each([
  ["?colour=red", 400, "colour"],
  ["?dataset=costs", 400, "dataset"],
  ["?month=2026-13", 400, "month"],
  ["?state=done", 400, "state"],
  ["?limit=0", 400, "limit"],
  ["?limit=1001", 400, "limit"],
  ["?limit=many", 400, "limit"],
  ["?cursor=nonsense", 400, "cursor"],
  ["?source=nobody", 404, "nobody"],
])("%s is refused by name", async (query, status, named) => {
  const answer = await service.get(`/v1/runs${query}`);
  expect(answer.statusCode).toBe(status);
  expect(JSON.stringify(answer.json())).toContain(named);
});

test.each(["'", "\\", "'; DROP TABLE runs; --", "{x:String}", "\t\n", "\0", "%", "🧾", "a".repeat(300)])(
  "%j is a run and a source that are not there, and a place like any other",
  async (text) => {
    const { data: whole } = await runs("");
    expect((await service.get(`/v1/runs/${encodeURIComponent(text)}`)).statusCode).toBe(404);
    expect((await service.get(`/v1/runs?source=${encodeURIComponent(text)}`)).statusCode).toBe(404);
    const place = [whole.at(-1)?.["submittedAt"], text, text, "actual", text, text];
    const behind = await runs(`?cursor=${Buffer.from(JSON.stringify(place)).toString("base64url")}`);
    expect(whole.slice(-1)).toEqual(expect.arrayContaining(behind.data)); // contoso's, or nothing
  },
);

test("a run that failed says why in full, and is not published", async () => {
  const bad = aRun({ dataset: "actual", month: "2026-03", lines: [{ cost: "1" }, { cost: "abc" }] });
  await bad.writeTo(data.sources.get("northwind")?.path ?? "");
  await importAll(service.dependencies.warehouse, "northwind");
  const { data: failed } = await runs("?state=failed");
  expect(failed).toMatchObject([
    { source: "northwind", runId: bad.runId, month: "2026-03", declaredRows: 2, publication: null },
  ]);
  expect(String(failed[0]?.["error"])).toContain(`${bad.partPaths[0]}:3 (record 2) CostInBillingCurrency`);
});
