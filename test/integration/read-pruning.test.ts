import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { readSql } from "../../bench/timed-reads.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { createScenes } from "../support/scene.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

// The questions that the benchmark measures read the months that they ask for, and no other data.

let engine: TestEngine;
let warehouse: Warehouse;
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
  const scene = await scenes.scene();
  ({ warehouse } = scene);
  await warehouse.run("SYSTEM STOP MERGES"); // the parts that are counted are those that the engine looks at
  const main = await scene.supplier("main");
  for (const month of ["2026-03", "2026-04", "2026-05", "2026-06"]) {
    for (const submitted of ["01", "02"]) {
      const lines = [{ date: `${month}-07`, cost: "1.5" }];
      await main.bring({ dataset: "actual", month, submittedAt: `2026-07-${submitted}T00:00:00.0000000Z`, lines });
    }
  }
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

const MONTH = { month: "2026-04-01" };
const SPAN = { from: "2026-04-01", until: "2026-06-01" };

test.each([
  { file: "month-by-day", table: "daily_costs", parameters: MONTH, months: ["2026-04-01"] },
  { file: "month-by-subscription", table: "daily_costs", parameters: MONTH, months: ["2026-04-01"] },
  { file: "year-by-meter-category", table: "monthly_costs", parameters: SPAN, months: ["2026-04-01", "2026-05-01"] },
  { file: "month-by-tag", table: "cost_entries", parameters: { ...MONTH, tag: "env" }, months: ["2026-04-01"] },
  {
    file: "source-month-by-day",
    table: "daily_costs",
    parameters: { ...MONTH, source: "main" },
    months: ["2026-04-01"],
  },
  {
    file: "source-month-by-resource-group",
    table: "cost_entries",
    parameters: { ...MONTH, source: "main" },
    months: ["2026-04-01"],
  },
  {
    file: "resource-by-day",
    table: "cost_entries",
    parameters: { ...SPAN, resource: "" },
    months: ["2026-04-01", "2026-05-01"],
  },
])("$file looks at the parts of $months only", async ({ file, table, parameters, months }) => {
  const parts = await countParts(table, months);
  const all = await countParts(table, ["2026-03-01", ...SPANNED, "2026-06-01"]);
  expect(all).toBeGreaterThan(parts);
  expect(await partsLeftByMonth(file, table, parameters)).toEqual({ before: all, after: parts });
});

const SPANNED = ["2026-04-01", "2026-05-01"];
const Plan = z.tuple([z.object({ explain: z.string() })]);
const Parts = z.tuple([z.object({ parts: z.coerce.number() })]);

async function countParts(table: string, months: readonly string[]): Promise<number> {
  const sql = `SELECT count() AS parts FROM system.parts
    WHERE database = currentDatabase() AND table = {table:String} AND active
        AND arrayExists(month -> position(partition, month) > 0, {months:Array(String)})`;
  const [{ parts }] = Parts.parse(await warehouse.rows(sql, { table, months }));
  return parts;
}

/** How many parts of a table there are, and how many are left when the engine has looked at their partitions. */
async function partsLeftByMonth(file: string, table: string, parameters: Readonly<Record<string, string>>) {
  const sql = readSql(file).replace(/^--.*\n/gm, "");
  const [{ explain }] = Plan.parse(
    await warehouse.rows(
      `SELECT arrayStringConcat(groupArray(explain), '\n') AS explain FROM (EXPLAIN json = 1, indexes = 1 ${sql})`,
      parameters,
    ),
  );
  const found: unknown[] = [];
  JSON.parse(explain, (_, value: unknown) => {
    if (Read.safeParse(value).success) found.push(value);
    return value;
  });
  const read = z
    .array(Read)
    .parse(found)
    .find(({ Description }) => Description.endsWith(`.${table}`));
  const steps = read?.Indexes.filter(({ Type }) => ["Min-Max", "Partition"].includes(Type));
  return { before: steps?.at(0)?.["Initial Parts"], after: steps?.at(-1)?.["Selected Parts"] };
}

const Read = z.object({
  "Node Type": z.literal("ReadFromMergeTree"),
  Description: z.string(),
  Indexes: z.array(z.object({ Type: z.string(), "Initial Parts": z.number(), "Selected Parts": z.number() })),
});
