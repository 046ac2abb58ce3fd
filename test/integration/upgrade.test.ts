import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWarehouse } from "../../clickhouse/client.ts";
import { migrate, readMigrations } from "../../clickhouse/migrate.ts";
import { agreedTotals } from "../support/totals.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

/** The last migration of the first schema, in which materialized views filled the rollups. */
const FIRST_SCHEMA = 47;

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(() => engine.close());

test("a warehouse of the first schema keeps every row, total and publication", async () => {
  const { address } = await engine.database();
  const warehouse = createWarehouse({ ...address, database: `old_${randomUUID().replaceAll("-", "")}` });
  try {
    await migrate(warehouse, readMigrations().slice(0, FIRST_SCHEMA));
    const loadIds = Array.from({ length: 150 }, () => randomUUID()); // more partitions than one insert may make by default
    const entries = loadIds.map((loadId, index) => ({
      load_id: loadId,
      source: "contoso",
      dataset: "actual",
      billing_month: "2026-05-01",
      line: 1,
      date: "2026-05-02",
      cost_in_billing_currency: "0.000000000000000000000000000001",
      amortized_cost_in_billing_currency: "0",
      billing_currency: "EUR",
      subscription_id: `s-${index % 3}`,
      resource_id: `/subscriptions/s-${index % 3}/vm`,
      tags: { env: "prod" },
    }));
    for (const half of [entries.slice(0, 75), entries.slice(75)]) await warehouse.insert("cost_entries", half);
    await warehouse.insert("publications", [
      {
        publication_id: randomUUID(),
        source: "contoso",
        export: "export",
        export_name: "export",
        dataset: "actual",
        billing_month: "2026-05-01",
        run_id: "run",
        submitted_at: "2026-06-01T00:00:00.0000001Z",
        first_day: "2026-05-01",
        last_day: "2026-05-31",
        own_load_ids: loadIds,
        load_ids: loadIds,
        priority: 100,
        state: "published",
      },
    ]);

    await migrate(warehouse);

    expect(await agreedTotals(warehouse)).toMatchObject({ actual: "0.00000000000000000000000000015" });
    expect(await warehouse.rows("SELECT sum(entries) AS rolled_up FROM costs_daily")).toMatchObject([
      { rolled_up: "150" },
    ]);
    expect(await warehouse.rows("SELECT tags['env'] AS env, count() AS rows FROM costs GROUP BY env")).toEqual([
      { env: "prod", rows: "150" },
    ]);
    expect(await warehouse.rows("SELECT resource_id FROM resources ORDER BY resource_id")).toHaveLength(3);
  } finally {
    await warehouse.close();
  }
});
