import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWarehouse } from "../../clickhouse/client.ts";
import { migrate, readMigrations } from "../../clickhouse/migrate.ts";
import { agreedTotals } from "../support/totals.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

/** The last migration of the first schema, in which materialized views filled the rollups. */
const FIRST_SCHEMA = 47;
/** The last one before the rollups knew of costs without a figure in USD, and of locations. */
const SCHEMA_WITHOUT_USD = 92;

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

test("rollups of before tell what has no figure in USD, and the costs by location, of every load that was rolled up", async () => {
  const { address } = await engine.database();
  const warehouse = createWarehouse({ ...address, database: `old_${randomUUID().replaceAll("-", "")}` });
  try {
    await migrate(
      warehouse,
      readMigrations().filter(({ number }) => number <= SCHEMA_WITHOUT_USD),
    );
    const [visible = "", replaced = "", unfinished = ""] = Array.from({ length: 3 }, () => randomUUID());
    const line = (loadId: string, cost: string, inUsd: string | null, location: string) => ({
      load_id: loadId,
      source: "contoso",
      dataset: "focus",
      billing_month: "2026-05-01",
      line: 1,
      date: "2026-05-02",
      cost_in_billing_currency: cost,
      amortized_cost_in_billing_currency: `${cost}5`,
      cost_in_usd: inUsd,
      amortized_cost_in_usd: inUsd,
      billing_currency: "EUR",
      resource_location: location,
    });
    await warehouse.insert("cost_entries", [
      line(visible, "1.", null, "westeurope"),
      line(visible, "20.", "21.6", "westeurope"),
      line(visible, "300.", "324", "northeurope"),
      line(visible, "4000.", null, "northeurope"),
      line(replaced, "9.", null, "westeurope"),
    ]);
    await warehouse.run(rollUpOfBefore("daily_costs", "date"));
    await warehouse.run(rollUpOfBefore("monthly_costs", "resource_group"));
    await warehouse.insert("cost_entries", [line(unfinished, "70000.", null, "westeurope")]);
    await warehouse.insert("visible_loads", [
      { seen: 1, moment: "2026-06-01T00:00:00Z", load_ids: [visible], silent_actual: [], silent_amortized: [] },
    ]);

    await migrate(warehouse);

    expect(await agreedTotals(warehouse)).toEqual({ actual: "4321", amortized: "4323" });
    for (const view of [
      "costs_daily",
      "costs_monthly",
      "costs_by_location",
      "costs_by_resource_month",
      "costs_summary",
    ]) {
      const rows = await warehouse.rows(
        `SELECT sum(cost_in_usd) AS usd, sum(cost_without_usd) AS actual, sum(amortized_cost_without_usd) AS amortized, sum(entries) AS entries FROM ${view}`,
      );
      expect(rows).toEqual([{ usd: "345.6", actual: "4001", amortized: "4002", entries: "4" }]);
    }
    expect(
      await warehouse.rows(
        "SELECT resource_location, sum(cost_without_usd) AS cost FROM costs_by_location GROUP BY resource_location ORDER BY cost",
      ),
    ).toEqual([
      { resource_location: "westeurope", cost: "1" },
      { resource_location: "northeurope", cost: "4000" },
    ]);
    for (const table of ["daily_costs", "monthly_costs", "location_costs", "resource_month_costs", "summary_costs"]) {
      const loads = await warehouse.rows(`SELECT DISTINCT load_id FROM ${table} ORDER BY toString(load_id)`);
      expect(loads).toEqual([visible, replaced].toSorted().map((loadId) => ({ load_id: loadId })));
    }
  } finally {
    await warehouse.close();
  }
});

/** As a load was rolled up before, with one of the dimensions that the rollup has. */
function rollUpOfBefore(table: string, dimension: string): string {
  const keys = `billing_month, load_id, source, dataset, billing_currency, ${dimension}`;
  const amounts = [
    "cost_in_billing_currency",
    "amortized_cost_in_billing_currency",
    "cost_in_usd",
    "amortized_cost_in_usd",
  ];
  return `INSERT INTO ${table} (${keys}, ${amounts.join(", ")}, entries)
    SELECT ${keys}, ${amounts.map((amount) => `sum(e.${amount})`).join(", ")}, count()
    FROM cost_entries AS e GROUP BY ${keys}`;
}
