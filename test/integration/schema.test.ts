import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { countPendingMigrations, migrate, readMigrations } from "../../clickhouse/migrate.ts";
import { CANONICAL_COLUMNS, type CanonicalColumn } from "../../src/domain/columns.ts";
import { DERIVED_COLUMNS } from "../../src/domain/derived-columns.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});

afterAll(async () => engine.close());

test("a database that is current has nothing to apply, and two that migrate it at once do no harm", async () => {
  const reports = await Promise.all([migrate(warehouse), migrate(warehouse)]);
  expect(reports.map((report) => report.applied)).toEqual([[], []]);
  expect(await countPendingMigrations(warehouse)).toBe(0);
});

test("a migration whose text is not the one that was applied is refused by name", async () => {
  const [first, ...rest] = readMigrations();
  if (first === undefined) throw new Error("there are no migrations");
  const edited = { ...first, sha256: "0".repeat(64) };
  await expect(migrate(warehouse, [edited, ...rest])).rejects.toThrow(
    `${first.name}: its text is not what was applied`,
  );
});

test("a database of a newer version is refused, and the message says what to run", async () => {
  const migrations = readMigrations();
  const last = migrations.at(-1)?.name ?? "";
  await expect(migrate(warehouse, migrations.slice(0, -1))).rejects.toThrow(
    `has migration ${last}, which this version does not know. Run the version that made it, or a newer one.`,
  );
});

test("every table and view tells analysts what it holds, and so does every column of a table", async () => {
  const silentTables = await warehouse.rows(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND comment = '' AND engine != 'MaterializedView'",
  );
  const silentColumns = await warehouse.rows(
    `SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = ''
       AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND NOT endsWith(engine, 'View'))`,
  );
  expect([silentTables, silentColumns]).toEqual([[], []]);
});

/** Columns that the load fills, and not the file. */
const OWN = [
  "load_id",
  "source",
  "dataset",
  "billing_month",
  "own_partition",
  "line",
  "tags_text",
  "extra",
  "reject",
  "reject_cost",
  "reject_text",
];

test.each(["cost_landing", "cost_entries"])("the table %s has the canonical columns in their order", async (table) => {
  const columns = (await columnsOf(table)).filter(
    ({ name, formula }) => !OWN.includes(name) && (formula === "" || table === "cost_landing"),
  );
  expect(columns.map(({ name }) => name)).toEqual(CANONICAL_COLUMNS.map(({ name }) => name));
});

test("the table of all lines explains its columns as the documents do, those that are derived as well", async () => {
  const columns = await columnsOf("cost_entries");
  const explained = new Map(columns.map(({ name, comment }) => [name, comment]));
  const named = [...CANONICAL_COLUMNS, ...DERIVED_COLUMNS].map(({ name, comment }) => [name, comment]);
  expect(named.map(([name = ""]) => [name, explained.get(name)])).toEqual(named);
  const derived = columns.filter(({ formula }) => formula !== "").map(({ name }) => name);
  expect(derived).toEqual(DERIVED_COLUMNS.map(({ name }) => name));
});

test("rows land in columns of the type that their kind says", async () => {
  const columns = (await columnsOf("cost_landing")).filter((column) => !OWN.includes(column.name));
  expect(columns.map(({ name, type }) => [name, type])).toEqual(
    CANONICAL_COLUMNS.map(({ name, kind }) => [name, TYPES[kind]]),
  );
});

test("what lies between the two tables leaves no column out, and the view of all lines shows every one", async () => {
  const columns = await columnsOf("cost_entries");
  const stored = columns.filter(({ isWorkedOut }) => !isWorkedOut).map(({ name }) => name);
  expect((await columnsOf("cost_entries_from_landing")).map(({ name }) => name)).toEqual(stored);
  const shown = new Set((await columnsOf("costs")).map(({ name }) => name));
  const hidden = columns.filter(({ name }) => !shown.has(name)).map(({ name }) => name);
  expect(hidden).toEqual(["own_partition"]);
});

/** What is kept for each evaluation of the rules anyway. */
const OF_EVALUATIONS = ["resource_tracking", "tracking_conflicts"];

test("each view has a second form that shows what it showed at a moment", async () => {
  const rows = await warehouse.rows(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View' ORDER BY name",
  );
  const names = rows.map((row) => (typeof row === "object" && row !== null && "name" in row ? String(row.name) : ""));
  const views = names.filter((name) => !name.endsWith("_as_of"));
  expect(views).toEqual([
    "costs",
    "costs_by_location",
    "costs_by_resource",
    "costs_by_resource_month",
    "costs_by_tracking",
    "costs_daily",
    "costs_monthly",
    "costs_summary",
    "current_loads",
    "current_publications",
    "current_shadows",
    "current_tracking_rules",
    "customers",
    "focus_costs",
    "meters",
    "resource_tracking",
    "resources",
    "subscriptions",
    "tracking_conflict_costs",
    "tracking_conflicts",
  ]);
  expect(names.filter((name) => name.endsWith("_as_of"))).toEqual(
    views.filter((name) => !OF_EVALUATIONS.includes(name)).map((name) => `${name}_as_of`),
  );
});

const Column = z.object({
  name: z.string(),
  type: z.string(),
  comment: z.string(),
  formula: z.string(),
  isWorkedOut: z.coerce.boolean(),
});

/** LowCardinality where values repeat. */
const TYPES: Readonly<Record<CanonicalColumn["kind"], string>> = {
  date: "Date",
  day: "Nullable(Date)",
  "day-before": "Nullable(Date)",
  cost: "Decimal(76, 30)",
  decimal: "Nullable(Decimal(76, 30))",
  flag: "Nullable(Bool)",
  keyword: "LowCardinality(String)",
  text: "String",
  json: "String",
  identifier: "LowCardinality(String)",
  subscription: "LowCardinality(String)",
  "billing-account": "LowCardinality(String)",
  tags: "Map(LowCardinality(String), LowCardinality(String))",
};

/** The columns of a table; those that are derived of others have a formula, and some are worked out whenever they are read. */
async function columnsOf(table: string): Promise<z.infer<typeof Column>[]> {
  const rows = await warehouse.rows(
    `SELECT name, type, comment, default_expression AS formula, default_kind = 'ALIAS' AS isWorkedOut FROM system.columns WHERE database = currentDatabase() AND table = {table:String}
    ORDER BY position`,
    { table },
  );
  return z.array(Column).parse(rows);
}
