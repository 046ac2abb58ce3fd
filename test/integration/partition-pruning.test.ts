import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { createScenes } from "../support/scene.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
const scenes = createScenes(() => engine);
let warehouse: Warehouse;

const MONTHS = ["2026-03", "2026-04", "2026-05"];
const RESOURCE = "/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/virtualmachines";

/** Three months, each delivered three times, with a resource of its own: nine loads, of which three count. */
beforeAll(async () => {
  engine = await startTestEngine();
  const { warehouse: database, supplier } = await scenes.scene();
  warehouse = database;
  for (const table of ["cost_entries", "daily_costs"]) await warehouse.run(`SYSTEM STOP MERGES ${table}`);
  const contoso = await supplier("contoso");
  for (const month of MONTHS) {
    for (const hour of [1, 2, 3]) {
      const submittedAt = `2026-06-01T0${hour}:00:00.0000001Z`;
      const lines = [{ cost: "1", date: `${month}-01`, resourceId: `${RESOURCE}/vm-${month}` }];
      await contoso.bring({ dataset: "actual", month, submittedAt, lines });
    }
  }
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

test("a month of costs_daily reads the month's partition, and of that the load that counts", async () => {
  const question = readQuestion("month-by-day");
  expect(await partsRead(question, { month: "2026-05-01" })).toEqual({ all: 9, ofMonths: 3, read: 1 });
  expect(await warehouse.rows(question, { month: "2026-05-01" })).toHaveLength(1);
});

test("a month of costs reads the month's partitions, and of those the load that counts", async () => {
  const parameters = { month: "2026-05-01", tag: "env" };
  expect(await partsRead(readQuestion("month-by-tag"), parameters)).toEqual({ all: 9, ofMonths: 3, read: 1 });
});

test("the days of a resource read only the parts in which it is", async () => {
  const parameters = { resource: `${RESOURCE}/vm-2026-04`, from: "2026-03-01", until: "2026-06-01" };
  expect(await partsRead(readQuestion("resource-by-day"), parameters)).toEqual({ all: 9, ofMonths: 9, read: 1 });
});

/** The questions whose speed the benchmark measures. */
function readQuestion(name: string): string {
  return readFileSync(new URL(`../../bench/reads/${name}.sql`, import.meta.url), "utf8");
}

const Index = z.looseObject({ Type: z.string(), "Initial Parts": z.number(), "Selected Parts": z.number() });

/** How many parts of the large table of a question there are, are of its months, and are read. */
async function partsRead(sql: string, parameters: Readonly<Record<string, string>>) {
  const [row] = z
    .array(z.object({ explain: z.string() }))
    .parse(await warehouse.rows(`EXPLAIN json = 1, indexes = 1 ${sql}`, parameters));
  const indexes = indexesIn(JSON.parse(row?.explain ?? "[]"));
  const [byMonth, byKey] = [indexes.find(({ Type }) => Type === "Min-Max"), indexes.at(-1)];
  return { all: byMonth?.["Initial Parts"], ofMonths: byMonth?.["Selected Parts"], read: byKey?.["Selected Parts"] };
}

function indexesIn(plan: unknown): z.infer<typeof Index>[] {
  if (typeof plan !== "object" || plan === null) return [];
  if ("Indexes" in plan) return z.array(Index).parse(plan.Indexes);
  return Object.values(plan).flatMap(indexesIn);
}
