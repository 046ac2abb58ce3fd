import Big from "big.js";
import { parse } from "lossless-json";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createActivities } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { saveSource } from "../../clickhouse/sources.ts";
import { parseBillingPeriod } from "../../src/domain/month.ts";
import { EXTRACTION_DEFAULTS, SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { UsageDetailsSource } from "../../src/domain/source.ts";
import { createProcessHost } from "../../src/process-host.ts";
import { openExtractor, openStore } from "../../src/sources/open-store.ts";
import { usageUrlOf } from "../../src/sources/usage-query.ts";
import { importRun } from "../../workflows/import-run.ts";
import { importSource } from "../../workflows/import-source.ts";
import type { RunOutcome, SourceReport } from "../../workflows/import-source.ts";
import { answered, cut, none, text } from "../support/azure/faults.ts";
import type { Fault } from "../support/azure/faults.ts";
import { SIMULATED_SECRET } from "../support/azure/identity.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";
import { legacyItem, modernItem } from "../support/azure/usage-details.ts";
import { importAll, startTestEngine, type TestEngine } from "../support/warehouse.ts";

const MAY = parseBillingPeriod("2026-05");
const SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001";

let engine: TestEngine;
let warehouse: Warehouse;
let azure: AzureSimulator;
let sources = 0;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());
beforeEach(async () => {
  azure = await startAzureSimulator();
  for (const [name, value] of Object.entries(azure.environment)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(azure.violations).toEqual([]);
  await azure.stop();
});

describe("usage details", () => {
  test("of both kinds come in to the last digit, in one stream", async () => {
    const costs = ["0.0000496065685939103754949709", "-12345.0000000000000000000000001", "5.64902E-05", "7"];
    const kinds = [
      legacy({ cost: number(costs[0]), billingCurrency: "CAD" }, { env: "prod" }),
      modern({ costInBillingCurrency: number(costs[1]), billingCurrencyCode: "CAD" }),
      legacy({ cost: number(costs[2]), billingCurrency: "CAD" }),
      modern({ costInBillingCurrency: number(costs[3]), billingCurrencyCode: "CAD" }),
    ];
    azure.usageDetails.setItems({ metric: "actualcost", month: "2026-05", items: kinds });
    azure.usageDetails.setPageSize(3);
    const source = await aSource();
    expect(await source.import()).toMatchObject({ outcome: "imported", report: { rowsLoaded: 4, rowsRejected: 0 } });
    const total = costs.reduce((sum, cost) => sum.plus(cost), new Big(0)).toFixed();
    expect(await source.select("sum(cost_in_billing_currency)", "any(billing_currency)")).toEqual([[total, "CAD"]]);
    expect(azure.requests("usage-details")).toHaveLength(3); // whether there is anything, and two pages
  });

  test("fill the columns that exports fill", async () => {
    const kinds = [
      legacy(
        {
          billingAccountId: "1234567",
          billingPeriodStartDate: "2026-05-01T00:00:00.0000000Z",
          billingPeriodEndDate: "2026-05-31T00:00:00.0000000Z",
          date: "2026-05-09T00:00:00.0000000Z",
          subscriptionId: "00000000-0000-0000-0000-00000000000A",
          product: 'A "product", really',
          meterDetails: {
            meterName: "LRS",
            meterCategory: "Storage",
            meterSubCategory: "Tables",
            unitOfMeasure: "1 GB",
          },
          additionalInfo: '{"VCPUs":"0"}',
          quantity: number("0.000036"),
          cost: 1,
          resourceId: "/subscriptions/A/resourceGroups/RG/providers/Microsoft.Storage/storageAccounts/S",
          isAzureCreditEligible: false,
          newThing: "kept",
        },
        { env: 'a "b", c', team: "Größe" },
      ),
      modern({
        date: "2026-05-10T00:00:00.0000000Z",
        subscriptionGuid: "00000000-0000-0000-0000-00000000000b",
        instanceName: "/subscriptions/B/x",
        costInBillingCurrency: 2,
        costInUSD: number("2.5"),
        exchangeRate: "1",
        exchangeRatePricingToBilling: number("0.9"),
        marketPrice: number("0.1"),
        meterCategory: "Compute",
        laterThing: { deep: [1] },
      }),
    ];
    azure.usageDetails.setItems({ metric: "actualcost", month: "2026-05", items: kinds });
    const source = await aSource();
    expect(await source.import()).toMatchObject({ outcome: "imported" });
    expect(
      await source.select(
        "date",
        "billing_period_end_date",
        "subscription_id",
        "product_name",
        "meter_category",
        "meter_sub_category",
        "unit_of_measure",
        "additional_info",
        "resource_id",
        "is_azure_credit_eligible",
        "tags['env']",
        "tags['team']",
        "extra['newThing']",
        "extra['kind']",
      ),
    ).toEqual([
      [
        "2026-05-09",
        "2026-05-31",
        "00000000-0000-0000-0000-00000000000a",
        'A "product", really',
        "Storage",
        "Tables",
        "1 GB",
        '{"VCPUs":"0"}',
        "/subscriptions/a/resourcegroups/rg/providers/microsoft.storage/storageaccounts/s",
        "false",
        'a "b", c',
        "Größe",
        "kept",
        "legacy",
      ],
      [
        "2026-05-10",
        null,
        "00000000-0000-0000-0000-00000000000b",
        "",
        "Compute",
        "",
        "",
        "",
        "/subscriptions/b/x",
        null,
        "",
        "",
        "",
        "modern",
      ],
    ]);
    expect(
      await source.select(
        "cost_in_usd",
        "exchange_rate_pricing_to_billing",
        "payg_price",
        "extra['exchangeRate']",
        "extra['laterThing']",
      ),
    ).toEqual([
      [null, null, null, "", ""],
      ["2.5", "0.9", "0.1", "1", '{"deep":[1]}'],
    ]);
  });

  test("keep texts as they are, whatever stands in them", async () => {
    const texts = [
      '"',
      'say "yes", twice',
      "a\r\nb\nc\rd",
      "\n",
      "  a\t",
      "'",
      "\\N",
      "NULL",
      "\u0004end\u0004",
      "a\\",
      "数 🚀",
    ];
    azure.usageDetails.setItems({
      metric: "actualcost",
      month: "2026-05",
      items: texts.map((product) => legacy({ product, serviceInfo2: product, cost: 1, [`x ${product}`]: product })),
    });
    const source = await aSource();
    expect(await source.import()).toMatchObject({ outcome: "imported", report: { rowsLoaded: texts.length } });
    expect(await source.select("product_name", "service_info2", "extra['AdditionalProperties']")).toEqual(
      texts.map((product) => [product, product, JSON.stringify({ [`x ${product}`]: product })]),
    );
  });

  test.each([
    ["amortized", "amortizedcost", "amortized_cost_in_billing_currency"],
    ["usage", "usage", "cost_in_billing_currency"],
  ] as const)("of %s costs are asked for by the metric %s", async (dataset, metric, column) => {
    azure.usageDetails.setItems({ metric, month: "2026-05", items: [legacy({ cost: number("0.10") })] });
    const source = await aSource({ datasets: [dataset] });
    expect(await source.import()).toMatchObject({ outcome: "imported", dataset });
    expect(await source.select(`sum(${column})`)).toEqual([["0.1"]]);
  });

  test("that were asked for again supersede the earlier ones", async () => {
    const source = await aSource();
    azure.usageDetails.setItems({
      metric: "actualcost",
      month: "2026-05",
      items: [legacy({ cost: 1 }), legacy({ cost: 2 })],
    });
    await source.import();
    azure.usageDetails.setItems({ metric: "actualcost", month: "2026-05", items: [legacy({ cost: 5 })] });
    expect(await source.import()).toMatchObject({ outcome: "imported" });
    expect(await source.select("sum(cost_in_billing_currency)")).toEqual([["5"]]);
  });

  test("may have items that are alike, as long as they are there again when all is asked for once more", async () => {
    const source = await aSource();
    const thirty = items(30);
    const given = [...thirty.slice(0, 15), ...thirty.slice(12), ...thirty.slice(4, 5)];
    azure.usageDetails.setItems({ metric: "actualcost", month: "2026-05", items: given });
    azure.usageDetails.setPageSize(10);
    expect(await source.import()).toMatchObject({ outcome: "imported", report: { rowsLoaded: 34 } });
    expect(await source.select("sum(cost_in_billing_currency)")).toEqual([["478"]]);
    expect(azure.requests("usage-details")).toHaveLength(1 + 4 + 4);
  });

  test("are asked of a gateway alone, also where Azure links to its own host", async () => {
    const source = await aSource();
    azure.usageDetails.setItems({ metric: "actualcost", month: "2026-05", items: items(30) });
    const rest = usageUrlOf(SCOPE, { dataset: "actual", days: MAY }, 1000);
    azure.fault("usage-details", none(), pageWith(`https://management.azure.com:443${rest}&x=%2b`));
    expect(await source.import()).toMatchObject({ outcome: "imported", report: { rowsLoaded: 31 } });
    expect(azure.requests("usage-details").at(-1)?.url).toBe(`${rest.replaceAll("'", "%27")}&x=%2b`);
  });
});

describe("usage details that cannot be trusted are not published, and what was there before stays:", () => {
  async function failing(given: readonly object[]): Promise<Extract<RunOutcome, { outcome: "failed" }>> {
    const source = await aSource();
    azure.usageDetails.setItems({ metric: "actualcost", month: "2026-05", items: [legacy({ cost: 1 })] });
    await source.import();
    azure.usageDetails.setItems({ metric: "actualcost", month: "2026-05", items: given });
    azure.usageDetails.setPageSize(10);
    const outcome = await source.importOnce();
    expect(await source.select("sum(cost_in_billing_currency)")).toEqual([["1"]]);
    if (outcome.outcome !== "failed") throw new RangeError(`The run is ${outcome.outcome}`);
    expect(outcome.error).not.toMatch(SIMULATED_SECRET);
    return outcome;
  }
  /** The two requests for what was there before, and the one that sees whether there is anything. */
  const before = none(3);

  test("a page that never comes whole", async () => {
    azure.fault("usage-details", before, none(), cut(), text("<html>Bad gateway</html>"), text(""));
    const { errorName, error } = await failing(items(30));
    expect(errorName).toBe("ApiError");
    expect(error).toMatch(/^GET http:.*usageDetails page 2: the answer is not JSON \(.*\): try again/);
  });

  test("items of another month, with their number and days", async () => {
    const june = ["2026-06-01", "2026-06-02"].map((day) => legacy({ cost: 1, date: `${day}T00:00:00.0000000Z` }));
    const { errorName, error } = await failing([...items(12), ...june]);
    expect(errorName).toBe("FileError");
    expect(error).toMatch(
      /usageDetails page 2: 2 of 4 items are not of 2026-05, which was asked for, but of 2026-06-01 to 2026-06-02\. Nothing was published\./,
    );
  });

  test("a month that had items, and has none any more", async () => {
    azure.fault("usage-details", before, answered(204));
    const { errorName, error } = await failing(items(30));
    expect(errorName).toBe("ApiError");
    expect(error).toMatch(/^\/subscriptions\/.*: 2026-05 had items when it was asked for, and has none now: try again/);
  });

  test("a link to another host", async () => {
    azure.fault("usage-details", before, pageWith(`${azure.blobUrl}/next`));
    const { errorName, error } = await failing(items(30));
    expect(errorName).toBe("ApiError");
    expect(error).toMatch(/usageDetails page 1: sends to 127.* for the next page, but a token is only sent to/);
  });
});

/** A page of one item, and a link that the API did not give. */
function pageWith(nextLink: string): Fault[] {
  return text(JSON.stringify({ value: [legacy({ cost: 1 })], nextLink }), "application/json");
}

/** Items that cost 0, 1, 2, … */
function items(count: number): object[] {
  return Array.from({ length: count }, (_, cost) => legacy({ cost }));
}

async function aSource(settings: Partial<UsageDetailsSource> = {}) {
  const source: UsageDetailsSource = {
    ...SOURCE_DEFAULTS,
    ...EXTRACTION_DEFAULTS,
    name: `usage-${++sources}`,
    kind: "usage-details",
    cloud: "public",
    endpoint: azure.managementUrl,
    identity: { kind: "managed", clientId: null },
    scope: SCOPE,
    datasets: ["actual"],
    ...settings,
  };
  await saveSource(warehouse, source);
  const input = { source: source.name, billingPeriod: MAY, overwrite: true };
  return {
    /** What came of May. */
    import: async (): Promise<RunOutcome> => only(await importAll(warehouse, source.name, input)),
    /** The same, but what fails is not tried again. */
    async importOnce(): Promise<RunOutcome> {
      const { signal } = new AbortController();
      const activities = createActivities({
        warehouse,
        openStore: (found) => openStore(found, process.env),
        openExtractor: (found) => openExtractor(found, process.env),
        signal,
        onProgress: () => undefined,
      });
      const host = createProcessHost({ activities, signal });
      return only(await importSource({ ...host, activities, importRun: (run) => importRun(activities, run) }, input));
    },
    /** What the expressions are for the published rows, as text. */
    async select(...expressions: readonly string[]): Promise<(string | null)[][]> {
      const columns = expressions.map((expression, index) => `toString(${expression}) AS c${index}`);
      const rows = await warehouse.rows(
        `SELECT ${columns.join(", ")} FROM cost_entries
        WHERE source = {source:String} AND load_id IN (SELECT load_id FROM current_loads)
        ${expressions.some((expression) => expression.startsWith("sum(")) ? "" : "ORDER BY line"}`,
        { source: source.name },
      );
      return z
        .array(z.record(z.string(), z.string().nullable()))
        .parse(rows)
        .map((row) => Object.values(row));
    },
  };
}

function only({ runs }: SourceReport): RunOutcome {
  const [outcome, ...others] = runs;
  if (outcome === undefined || others.length > 0) throw new RangeError(`Not one run: ${JSON.stringify(runs)}`);
  return outcome;
}

const BASE = { date: "2026-05-09T00:00:00.0000000Z", quantity: 1, subscriptionName: "S" };

function legacy(properties: object, tags?: Record<string, string>): object {
  return legacyItem({ ...BASE, ...properties }, tags ?? null);
}

function modern(properties: object, tags?: Record<string, string>): object {
  return modernItem({ ...BASE, ...properties }, tags ?? null);
}

/** A number with all of its digits. */
function number(digits: string | undefined): unknown {
  return parse(digits ?? "");
}
