import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { renderCosts } from "../../clickhouse/cost-statement.ts";
import { createVisibleSets } from "../../clickhouse/visible-set.ts";
import { COST_QUESTION } from "../../src/domain/cost-question.ts";
import { createScenes } from "../support/scene.ts";
import { lastMoment } from "../support/totals.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

const ROLLUPS = [
  "costs_daily",
  "costs_monthly",
  "costs_by_location",
  "costs_by_resource_month",
  "costs_summary",
] as const;
const Row = z.object({
  source: z.string(),
  dataset: z.string(),
  actual: z.string().nullable(),
  amortized: z.string().nullable(),
});
const OTHER_SUBSCRIPTION = "2dbbb5a3-2b66-438e-8ab4-bce37d518c5d";

let engine: TestEngine;
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(async () => {
  await scenes.clear();
  await engine.close();
});

test("the rollups tell how much has no figure in USD, as the lines do, also where days are silent", async () => {
  const { warehouse, supplier } = await scenes.scene();
  const contoso = await supplier("contoso", { priority: 100 });
  const fabrikam = await supplier("fabrikam", { priority: 1 });
  const columns = "mca-2021-10-01" as const;
  const lines = [
    { cost: "1", currency: "EUR", costInUsd: "" },
    { cost: "20", currency: "EUR", costInUsd: "21.6" },
    { cost: "0.3", currency: "EUR", costInUsd: "", date: "2026-05-02" },
    { cost: "4000", currency: "EUR", costInUsd: "", subscriptionId: OTHER_SUBSCRIPTION },
  ];
  await contoso.bring({ dataset: "actual", columns, lines });
  await contoso.bring({ dataset: "amortized", columns, lines: [{ cost: "7", currency: "EUR", costInUsd: "" }] });
  expect(await fromLines(warehouse)).toEqual([
    { source: "contoso", dataset: "actual", actual: "4001.3", amortized: null },
    { source: "contoso", dataset: "amortized", actual: null, amortized: "7" },
  ]);
  await requireAgreement(warehouse);

  const days = { first: "2026-05-02", last: "2026-05-31" };
  await fabrikam.bring({ dataset: "actual", days, lines: [{ cost: "50000", currency: "EUR", date: "2026-05-02" }] });
  expect(await fromLines(warehouse)).toEqual([
    { source: "contoso", dataset: "actual", actual: "4001", amortized: null },
    { source: "contoso", dataset: "amortized", actual: null, amortized: "7" },
    { source: "fabrikam", dataset: "actual", actual: "50000", amortized: null },
  ]);
  await requireAgreement(warehouse);
});

test.each([
  ["EUR", { actual: "21", actual_usd: "21.6", actual_not_in_usd: "1" }],
  ["USD", { actual: "21", actual_usd: "22.6", actual_not_in_usd: "0" }],
])("where all is billed in %s, sums are the same as where that is not known", async (currency, sums) => {
  const { warehouse, supplier } = await scenes.scene();
  const contoso = await supplier("contoso");
  const lines = [
    { cost: "1", currency, costInUsd: "" },
    { cost: "20", currency, costInUsd: "21.6" },
  ];
  await contoso.bring({ dataset: "actual", columns: "mca-2021-10-01", lines });
  const known = await createVisibleSets(warehouse).current();
  expect(known.currency).toBe(currency);
  for (const set of [known, { ...known, currency: null }]) {
    const { sql, parameters } = renderCosts(
      { ...COST_QUESTION, measures: ["actual", "actual_usd", "actual_not_in_usd"] },
      set,
    );
    expect(await warehouse.rows(sql, parameters)).toEqual([{ billing_currency: currency, ...sums }]);
  }
});

test("costs by location add up to those of the lines of each location", async () => {
  const { warehouse, supplier } = await scenes.scene();
  const contoso = await supplier("contoso");
  const lines = [
    { cost: "1", resourceLocation: "westeurope" },
    { cost: "2", resourceLocation: "northeurope" },
    { cost: "4", resourceLocation: "westeurope" },
  ];
  await contoso.bring({ dataset: "actual", lines });
  const sums = (view: string) =>
    warehouse.rows(
      `SELECT resource_location, sum(cost_in_billing_currency) AS cost FROM ${view} GROUP BY resource_location ORDER BY cost`,
    );
  expect(await sums("costs_by_location")).toHaveLength(2);
  expect(await sums("costs_by_location")).toEqual(await sums("costs"));
});

async function requireAgreement(warehouse: Warehouse): Promise<void> {
  const expected = await fromLines(warehouse);
  const moment = await lastMoment(warehouse);
  for (const view of ROLLUPS) {
    for (const from of [view, `${view}_as_of(moment = '${moment}')`]) {
      const told = await withoutUsd(warehouse, from, "cost_without_usd", "amortized_cost_without_usd");
      expect(told).toEqual(expected);
    }
  }
}

function fromLines(warehouse: Warehouse) {
  const actual = "if(cost_in_usd IS NULL, cost_in_billing_currency, 0)";
  return withoutUsd(warehouse, "costs", actual, actual.replaceAll("cost_in", "amortized_cost_in"));
}

async function withoutUsd(warehouse: Warehouse, from: string, actual: string, amortized: string) {
  const rows = await warehouse.rows(
    `SELECT source, dataset, sum(${actual}) AS actual, sum(${amortized}) AS amortized
    FROM ${from} GROUP BY source, dataset ORDER BY source, dataset`,
  );
  return z.array(Row).parse(rows);
}
