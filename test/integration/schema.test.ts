import { afterAll, beforeAll, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { countPendingMigrations, migrate, readMigrations } from "../../clickhouse/migrate.ts";
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

test("each view has a second form that shows what it showed at a moment", async () => {
  const rows = await warehouse.rows(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View' ORDER BY name",
  );
  const names = rows.map((row) => (typeof row === "object" && row !== null && "name" in row ? String(row.name) : ""));
  const views = names.filter((name) => !name.endsWith("_as_of"));
  expect(views).toEqual([
    "costs",
    "costs_by_resource",
    "costs_daily",
    "current_loads",
    "current_publications",
    "current_shadows",
    "customers",
    "focus_costs",
    "meters",
    "resources",
    "subscriptions",
  ]);
  expect(names.filter((name) => name.endsWith("_as_of"))).toEqual(views.map((name) => `${name}_as_of`));
});
