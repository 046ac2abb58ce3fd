import { afterAll, beforeAll, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { decimalColumns, ENTRY_COLUMNS, renderCostEntries } from "../../clickhouse/cost-entries-statement.ts";
import type { CostSet } from "../../clickhouse/cost-relation.ts";
import { SET_MOVED } from "../../clickhouse/visible-set.ts";
import type { EntriesQuestion } from "../../src/domain/cost-question.ts";
import { parseBounds } from "../../src/domain/cost-window.ts";
import { ask, bringCosts, bringOverlap, by, currentSet, setOf, SHOP } from "../support/cost-scene.ts";
import { createScenes } from "../support/scene.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
const scenes = createScenes(() => engine);

const MAY = parseBounds("2026-05-01", "2026-06-01");
const LINES: EntriesQuestion = {
  time: MAY,
  columns: ["source", "dataset", "date", "subscription_id", "cost_in_billing_currency"],
  metric: null,
  filter: null,
  asOf: null,
  order: [],
  limit: null,
  offset: 0,
};

beforeAll(async () => {
  engine = await startTestEngine();
  const scene = await scenes.scene();
  await bringCosts(scene);
  warehouse = scene.warehouse;
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

test("lines have every column, alike from the table, the view and the view of a moment", async () => {
  const asked = { columns: ENTRY_COLUMNS, order: [{ by: "line", descending: false }] };
  const answers = await Promise.all(
    (["table", "view", "as of"] as const).map(async (way) => lines(asked, await setOf(warehouse, way))),
  );
  expect(answers[0]).toHaveLength(15);
  expect(Object.keys(answers[0]?.[0] ?? {})).toEqual([...ENTRY_COLUMNS]);
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
  const missing = ["resource_name"]; // told out of the resource's id where the file has none
  const columns = ENTRY_COLUMNS.filter((name) => !name.endsWith("_usd") && !missing.includes(name)).join(", ");
  const view = await warehouse.rows(`SELECT ${columns} FROM costs WHERE toStartOfMonth(date) = '2026-05-01'`);
  expect(texts(view)).toEqual(texts(answers[0]?.map((row) => pick(row, Object.keys(view[0] ?? {}))) ?? []));
});

test("a line has the costs that it carries, and only lines of one cost are shown where it is asked for", async () => {
  const columns = [
    "dataset",
    "cost_in_billing_currency",
    "amortized_cost_in_billing_currency",
    "actual_usd",
    "amortized_usd",
  ];
  const filter = { dimension: "charge_type", op: "in", values: ["UnusedReservation", "Refund"] } as const;
  const order = [
    { by: "dataset", descending: false },
    { by: "charge_type", descending: false },
  ];
  expect(await lines({ columns, filter, order })).toEqual([
    {
      dataset: "actual",
      cost_in_billing_currency: "-0.875",
      amortized_cost_in_billing_currency: null,
      actual_usd: "-0.875",
      amortized_usd: null,
    },
    {
      dataset: "amortized",
      cost_in_billing_currency: null,
      amortized_cost_in_billing_currency: "-0.875",
      actual_usd: null,
      amortized_usd: "-0.875",
    },
    {
      dataset: "amortized",
      cost_in_billing_currency: null,
      amortized_cost_in_billing_currency: "7.77",
      actual_usd: null,
      amortized_usd: null,
    },
  ]);
  expect(await lines({ columns, filter, metric: "actual" })).toHaveLength(1);
  expect(await lines({ columns, filter, metric: "amortized" })).toHaveLength(2);
  expect(decimalColumns(["date", ...columns])).toEqual(columns.slice(1));
});

test("what a file has in USD counts, and what is billed in USD where it has nothing", async () => {
  const columns = ["source", "billing_currency", "cost_in_usd", "actual_usd"];
  const rows = await lines({ columns, metric: "actual", order: [{ by: "cost_in_usd", descending: true }], limit: 3 });
  expect(rows).toMatchObject([
    { source: "fabrikam", cost_in_usd: "11", actual_usd: "11" },
    { source: "globex", billing_currency: "USD", cost_in_usd: "8", actual_usd: "8" },
    { source: "globex", cost_in_usd: "-1.5", actual_usd: "-1.5" },
  ]);
  expect(await lines({ columns: ["actual_usd"], metric: "actual", filter: { usdPerLine: { min: "20" } } })).toEqual([
    { actual_usd: "20.25" },
  ]);
});

test("pages put together are all lines, in any order", async () => {
  for (const order of [
    [],
    [{ by: "dataset", descending: true }],
    [{ by: "cost_in_billing_currency", descending: true }],
  ]) {
    const whole = await lines({ order, limit: 1_000 });
    expect(whole).toHaveLength(15);
    const pages: unknown[] = [];
    for (let offset = 0; offset < whole.length; offset += 4) pages.push(...(await lines({ order, limit: 4, offset })));
    expect(pages).toEqual(whole);
  }
});

test("the lines are those that the sums are made of", async () => {
  const filter = { dimension: "subscription_id", op: "eq", values: [SHOP] } as const;
  const found = await lines({ columns: ["date"], filter, metric: "amortized" });
  const [counted] = await ask(warehouse, { time: MAY, measures: ["amortized_usd", "entries"], filter });
  expect(found).toHaveLength(Number(counted?.["entries"]));
});

test("tags are columns too, whatever the case of their names", async () => {
  const rows = await lines({
    columns: ["tag:ENV", "tag:cost center", "resource_location"],
    filter: { dimension: "tag:Cost Center", op: "exists" },
    metric: "actual",
  });
  expect(rows).toEqual([{ "tag:ENV": "dev", "tag:cost center": "4711", resource_location: "NorthEurope" }]);
});

test("of a set that moved there are no lines, and silent days show the lines of who answers", async () => {
  const scene = await scenes.scene();
  await bringCosts(scene);
  const sets = [await setOf(scene.warehouse, "table"), await setOf(scene.warehouse, "view")];
  await bringOverlap(scene);
  for (const set of sets) await expect(lines({}, set, scene.warehouse)).rejects.toThrow(SET_MOVED);
  const spare = await lines(
    { filter: { dimension: "source", op: "eq", values: ["spare"] } },
    await currentSet(scene.warehouse),
    scene.warehouse,
  );
  expect(spare).toMatchObject([{ date: "2026-05-25", cost_in_billing_currency: "50000" }]);
  const [sum] = await ask(scene.warehouse, {
    groupBy: by("source"),
    measures: ["entries"],
    order: [{ by: "source", descending: true }],
  });
  expect(sum).toEqual({ source: "spare", entries: "1" });
});

async function lines(
  asked: Partial<EntriesQuestion>,
  set?: CostSet,
  from = warehouse,
): Promise<Record<string, unknown>[]> {
  const { sql, parameters } = renderCostEntries({ ...LINES, ...asked }, set ?? (await currentSet(from)));
  return (await from.rows(sql, parameters)) as Record<string, unknown>[];
}

function pick(row: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}

function texts(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted();
}
