import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { removeSource } from "../../clickhouse/sources.ts";
import { importHttpData } from "../support/http-data.ts";
import type { HttpData } from "../support/http-data.ts";
import { createTestService, NOW } from "../support/http-service.ts";
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

const Answer = z.object({
  data: z.array(
    z.looseObject({
      source: z.string(),
      dataset: z.string().nullable(),
      isStale: z.boolean(),
      isConfigured: z.boolean(),
    }),
  ),
  rows: z.number(),
  staleAfterSeconds: z.number(),
  now: z.string(),
});

async function freshness(query = ""): Promise<z.infer<typeof Answer>> {
  const answer = await service.get(`/v1/freshness${query}`);
  expect(answer.statusCode).toBe(200);
  return Answer.parse(answer.json());
}

/** Seconds from when a run was submitted to the present moment. */
function ageOf(at: number): number {
  return Math.floor(Date.parse(NOW) / 1000) - Math.floor(Date.parse(data.runs[at]?.delivery.submittedAt ?? "") / 1000);
}

test("of each source and dataset it says how old the figures are, and of which day the newest is", async () => {
  const { data: listed, now, staleAfterSeconds } = await freshness();
  expect({ now, staleAfterSeconds }).toEqual({ now: NOW, staleAfterSeconds: 36 * 3600 });
  const done = { state: "done", error: null };
  expect(listed).toMatchObject([
    {
      source: "contoso",
      dataset: "actual",
      submittedAt: data.runs[4]?.delivery.submittedAt, // the production export's, which is the newest
      newestDay: "2026-05-20",
      publications: 3,
      ageSeconds: ageOf(4),
      lastAttempt: done,
    },
    {
      source: "contoso",
      dataset: "amortized",
      submittedAt: data.runs[3]?.delivery.submittedAt,
      newestDay: "2026-05-16",
      publications: 1,
      ageSeconds: ageOf(3),
    },
    { source: "fabrikam", dataset: "actual", newestDay: "2026-05-28", ageSeconds: ageOf(5), lastAttempt: done },
    {
      source: "northwind",
      dataset: null,
      newestDay: null,
      submittedAt: null,
      ageSeconds: null,
      lastAttempt: null,
      lastSuccessAt: null,
      lastPublishedAt: null,
      publications: 0,
    },
    { source: "tailspin", dataset: "actual", newestDay: "2026-05-04", ageSeconds: ageOf(6) },
  ]);
  expect(listed.every(({ isStale, isConfigured }) => isStale && isConfigured)).toBe(true);
});

test("the last publication is the one of the newest step of what answers", async () => {
  const { data: listed } = await freshness("?source=contoso&dataset=actual");
  const answer = await service.get("/v1/publications?source=contoso&dataset=actual");
  const moments = z
    .object({ data: z.array(z.object({ publishedAt: z.string() })) })
    .parse(answer.json())
    .data.map(({ publishedAt }) => publishedAt);
  expect(listed.map((one) => one["lastPublishedAt"])).toEqual([moments.toSorted().at(-1)]);
});

test("figures older than staleAfter are stale, and so is what was never published", async () => {
  const staleOf = async (query: string) =>
    (await freshness(query)).data.map(({ source, dataset, isStale }) => [source, dataset, isStale]);
  expect(await staleOf("?staleAfter=20d")).toEqual([
    ["contoso", "actual", true],
    ["contoso", "amortized", true],
    ["fabrikam", "actual", false],
    ["northwind", null, true],
    ["tailspin", "actual", false],
  ]);
  const hours = Math.ceil(ageOf(4) / 3600);
  expect(await staleOf(`?staleAfter=${hours}h&source=contoso&dataset=actual`)).toEqual([["contoso", "actual", false]]);
  expect(await staleOf(`?staleAfter=${hours - 1}h&source=contoso&dataset=actual`)).toEqual([
    ["contoso", "actual", true],
  ]);
});

test.each([
  ["?staleAfter=soon", 400, "staleAfter"],
  ["?staleAfter=0d", 400, "staleAfter"],
  ["?colour=red", 400, "colour"],
  ["?dataset=costs", 400, "dataset"],
  ["?source=nobody", 404, "nobody"],
])("%s is refused by name", async (query, status, named) => {
  const answer = await service.get(`/v1/freshness${query}`);
  expect(answer.statusCode).toBe(status);
  expect(JSON.stringify(answer.json())).toContain(named);
});

test("a source that was removed is listed while something of it answers", async () => {
  const { warehouse } = service.dependencies;
  for (const name of ["tailspin", "northwind"]) {
    const source = data.sources.get(name);
    if (source !== undefined) await removeSource(warehouse, source);
  }
  const { data: listed } = await freshness();
  expect(listed.filter(({ isConfigured }) => !isConfigured)).toMatchObject([
    { source: "tailspin", dataset: "actual", isEnabled: false },
  ]);
  expect(listed.map(({ source }) => source)).not.toContain("northwind");
});
