import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { importHttpData } from "../support/http-data.ts";
import type { HttpData } from "../support/http-data.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { agreedTotals, totalsOf } from "../support/totals.ts";
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

const Publications = z.object({
  data: z.array(
    z.looseObject({
      publicationId: z.string(),
      source: z.string(),
      exportName: z.string(),
      month: z.string(),
      runId: z.string(),
      isCurrent: z.boolean(),
    }),
  ),
  rows: z.number(),
  next: z.string().nullable(),
});

async function publications(query = ""): Promise<z.infer<typeof Publications>> {
  const answer = await service.get(`/v1/publications${query}`);
  expect(answer.statusCode).toBe(200);
  return Publications.parse(answer.json());
}

const [april, monthToDate, may, amortized, production, fabrikam, tailspin] = [0, 1, 2, 3, 4, 5, 6].map(
  (at) => () => data.runs[at]?.runId,
);

test("without more, what answers now is listed, oldest first", async () => {
  const { data: listed, rows, next } = await publications();
  expect(listed.map(({ runId }) => runId)).toEqual(
    [april, may, amortized, production, fabrikam, tailspin].map((run) => run?.()),
  );
  expect(listed.every(({ isCurrent }) => isCurrent)).toBe(true);
  // Of the account's May the production export answers one subscription's day.
  expect(listed.map((one) => [one["rows"], one["silentDays"]])).toEqual([
    [2, 0],
    [7, 1],
    [2, 0],
    [4, 0],
    [3, 0],
    [2, 0],
  ]);
  expect({ rows, next }).toEqual({ rows: 6, next: null });
});

test("the history has also what was replaced, and its pages hold each step once", async () => {
  const { data: whole } = await publications("?history=true");
  expect(whole.map(({ runId }) => runId)).toEqual(data.runs.map(({ runId }) => runId));
  expect(whole.filter(({ isCurrent }) => !isCurrent).map(({ runId }) => runId)).toEqual([monthToDate?.()]);
  const paged: unknown[] = [];
  for (let next: string | null = ""; next !== null;) {
    const page: z.infer<typeof Publications> = await publications(
      `?history=true&limit=3${next === "" ? "" : `&cursor=${next}`}`,
    );
    paged.push(...page.data);
    ({ next } = page);
  }
  expect(paged).toEqual(whole);
});

test("lists can be narrowed to sources, a dataset, a month and days", async () => {
  const ids = async (query: string) => (await publications(query)).data.map(({ runId }) => runId);
  expect(await ids("?source=tailspin&source=fabrikam")).toEqual([fabrikam?.(), tailspin?.()]);
  expect(await ids("?dataset=amortized")).toEqual([amortized?.()]);
  expect(await ids("?month=2026-04")).toEqual([april?.()]);
  expect(await ids("?to=2026-05-01")).toEqual([april?.()]);
  expect(await ids("?from=2026-05-21")).toEqual([fabrikam?.(), tailspin?.()]);
  expect(await ids("?source=northwind")).toEqual([]);
});

test.each([
  ["?colour=red", 400, "colour"],
  ["?history=maybe", 400, "history"],
  ["?from=2026-02-30", 400, "from"],
  ["?from=2026-05-02&to=2026-05-02", 400, "to"],
  ["?month=2026-05&from=2026-05-02", 400, "month"],
  ["?cursor=WyIxIl0", 400, "cursor"],
  ["?source=nobody", 404, "nobody"],
])("%s is refused by name", async (query, status, named) => {
  const answer = await service.get(`/v1/publications${query}`);
  expect(answer.statusCode).toBe(status);
  expect(JSON.stringify(answer.json())).toContain(named);
});

test("DELETE takes a run back: what it had replaced answers again, in every answer from then on", async () => {
  const { warehouse } = service.dependencies;
  const euros = () => totalsOf(warehouse, "costs", "source = 'contoso' AND billing_month = '2026-05-01'");
  expect(await euros()).toEqual({ actual: "235.310001", amortized: "3000" });
  const found = (await publications("?source=contoso&month=2026-05")).data.find(({ runId }) => runId === may?.());
  const path = `/v1/publications/${found?.publicationId}`;

  const answer = await service.send({ method: "DELETE", url: path });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    withdrawn: { source: "contoso", exportName: "daily-actual", dataset: "actual", month: "2026-05", runId: may?.() },
    answers: { runId: monthToDate?.(), days: { first: "2026-05-01", last: "2026-05-10" } },
  });
  // The month to date has 99 and 98; the production export answers the day of the 99, with 81.76 in all.
  expect(await euros()).toEqual({ actual: "179.76", amortized: "3000" });
  await agreedTotals(warehouse);
  const now = (await publications("?source=contoso&month=2026-05")).data;
  expect(now.find(({ exportName }) => exportName === "daily-actual")?.runId).toBe(monthToDate?.());
  const history = (await publications("?history=true")).data;
  expect(history.filter(({ runId }) => runId === may?.()).map((one) => one["state"])).toEqual([
    "published",
    "withdrawn",
  ]);

  const again = await service.send({ method: "DELETE", url: path });
  expect(again.statusCode).toBe(404);
  expect(JSON.stringify(again.json())).toContain("is withdrawn already");
});

test("DELETE of what is not there is a 404, and of what is no id a 400", async () => {
  const unknown = await service.send({ method: "DELETE", url: `/v1/publications/${randomUUID()}` });
  expect(unknown.statusCode).toBe(404);
  const wrong = await service.send({ method: "DELETE", url: "/v1/publications/4711" });
  expect(wrong.statusCode).toBe(400);
  expect(JSON.stringify(wrong.json())).toContain("expected the id of a publication");
});
