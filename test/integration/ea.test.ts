import { randomUUID } from "node:crypto";
import Big from "big.js";
import { LosslessNumber } from "lossless-json";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createActivities } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { saveSource } from "../../clickhouse/sources.ts";
import { addMonths, daysOfMonth, monthOf } from "../../src/domain/month.ts";
import type { Day } from "../../src/domain/month.ts";
import { EXTRACTION_DEFAULTS, SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { EaSource } from "../../src/domain/source.ts";
import { openExtractor, openStore } from "../../src/sources/open-store.ts";
import { importRun } from "../../workflows/import-run.ts";
import { importSource } from "../../workflows/import-source.ts";
import type { RunOutcome, SourceReport } from "../../workflows/import-source.ts";
import { EA_ENROLLMENT } from "../support/azure/ea.ts";
import type { EaEnvelope } from "../support/azure/ea.ts";
import { cut, none, repeatedAnswer, unauthorized } from "../support/azure/faults.ts";
import { SIMULATED_SECRET } from "../support/azure/identity.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";
import { aFile, anInbox } from "../support/imports.ts";
import { COST_VIEWS, lastMoment, totalsOf } from "../support/totals.ts";
import { importAll, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

/** A month that is closed, and that the API still has. */
const MONTH = addMonths(monthOf(new Date().toISOString().slice(0, 10) as Day), -2);
const COSTS = ["0.0000496065685939103754949709", "-12345.0000000000000000000000001", "5.64902E-05", "7", "0"];
const TOTAL = COSTS.reduce((sum, cost) => sum.plus(cost), new Big(0)).toFixed();

let engine: TestEngine;
let warehouse: Warehouse;
let azure: AzureSimulator;
let sources = 0;
/** Of each test its own: of two sources with the same subscription and day only one answers. */
let subscription: string;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(() => engine.close());
beforeEach(async () => {
  subscription = randomUUID();
  azure = await startAzureSimulator();
  for (const [name, value] of Object.entries(azure.environment)) vi.stubEnv(name, value);
  azure.ea.setUsage({ month: MONTH, items: COSTS.map((cost) => anItem({ cost: new LosslessNumber(cost) })) });
  azure.ea.setPageSize(2);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(azure.violations).toEqual([]);
  await azure.stop();
});

describe("a month of the EA reporting API", () => {
  test("comes in to the last digit, in every view", async () => {
    const source = await aSource();
    const { outcome } = await importMonth(source);
    expect(outcome).toMatchObject({
      outcome: "imported",
      exportName: "100",
      report: { rowsLoaded: 5, rowsRejected: 0 },
    });
    expect(await totals(source)).toEqual([TOTAL]);
  });

  test("fills the columns that exports fill", async () => {
    azure.ea.setUsage({ month: MONTH, items: [anItem({})] });
    const source = await aSource();
    await importMonth(source);
    const columns = [
      "date",
      "subscription_id",
      "resource_id",
      "resource_group",
      "quantity",
      "effective_price",
      "meter_category",
      "invoice_section_id",
      "account_owner_id",
      "product_name",
      "billing_account_id",
      "billing_currency",
      "cost_with_tax",
      "tags['env']",
      "additional_info",
      "extra['subscriptionId']",
      "extra['storeServiceIdentifier']",
    ];
    expect(await select(source, columns)).toEqual([
      [
        `${MONTH}-02`,
        subscription,
        `/subscriptions/${subscription}/resourcegroups/rg-web/providers/microsoft.compute/virtualmachines/vm`,
        "rg-web",
        "24",
        "0.0625",
        "Virtual Machines",
        "3456",
        "account@live.com",
        "D2s v3",
        "100",
        "",
        null,
        "prod",
        '{"VCPUs":"2"}',
        "0",
        "store",
      ],
    ]);
  });

  test("has its currency and its cost with tax, exact to the last digit, where the source says them", async () => {
    const source = await aSource({ currency: "CNY", taxFactor: "1.06" });
    await importMonth(source);
    const withTax = new Big(TOTAL).times("1.06").toFixed();
    const asked = ["sum(cost_with_tax)", "sum(cost_in_billing_currency)", "any(billing_currency)"];
    const found = [[withTax, TOTAL, "CNY"]];
    expect(await select(source, asked)).toEqual(found);
    expect(await select(source, asked, `costs_as_of(moment = '${await lastMoment(warehouse)}')`)).toEqual(found);
  });

  test.each<[string, Partial<EaSource>, Partial<EaEnvelope>]>([
    ["v2", { api: "v2" }, {}],
    ["v3, by days", { by: "month" }, { items: "value", next: "@odata.nextLink" }],
    ["usage-report", { api: "usage-report" }, { hasBom: true }],
    ["usage-report, page by page", { api: "usage-report-v3" }, {}],
    ["usage-report, by index", { api: "usage-report-v3" }, { items: "data", next: "hasMoreData", last: "absent" }],
    ["another envelope", {}, { items: "content", next: "nextPageLink", last: "null" }],
  ])("is the same by %s", async (_, settings, envelope) => {
    azure.ea.setEnvelope(envelope);
    const source = await aSource(settings);
    expect(await importMonth(source)).toMatchObject({ outcome: { outcome: "imported" } });
    expect(await totals(source)).toEqual([TOTAL]);
  });

  test("that is asked for again replaces what it was, and is never added to it", async () => {
    const source = await aSource();
    await importMonth(source);
    azure.ea.setUsage({ month: MONTH, items: [anItem({ cost: new LosslessNumber("41.5") })] });
    expect(await importMonth(source)).toEqual({ outcome: undefined, problems: [] }); // a closed month is not asked for
    expect(await importMonth(source, { overwrite: true })).toMatchObject({ outcome: { outcome: "imported" } });
    expect(await totals(source)).toEqual(["41.5"]);
  });

  test("is counted once where an export of the enrolment has it, too, also what belongs to no subscription", async () => {
    const items = [anItem({}), anItem({ subscriptionGuid: "", cost: 9 })];
    azure.ea.setUsage({ month: MONTH, items });
    const inbox = await anInbox(warehouse, { priority: 50 });
    const header = "Date,CostInBillingCurrency,BillingCurrencyCode,BillingAccountId,SubscriptionId";
    const lines = [subscription, ""].map((id) => `${MONTH}-02,11,CNY,${EA_ENROLLMENT},${id}`);
    await inbox.deliver(aFile([header, ...lines].join("\n"), { month: MONTH }));
    const source = await aSource({ currency: "CNY" });
    expect(await importMonth(source)).toMatchObject({ outcome: { outcome: "imported" } });
    expect([await totals(inbox.source), await totals(source)]).toEqual([["22"], ["0"]]);
  });

  test("may have its cost with tax in files, too, and never twice where there is an amortized one", async () => {
    const inbox = await anInbox(warehouse);
    const file = (dataset: "actual" | "amortized") =>
      aFile(`Date,Cost,CostWithTax,SubscriptionId\n${MONTH}-02,10,10.6,${subscription}\n`, { dataset, month: MONTH });
    await inbox.deliver(file("actual"), file("amortized"));
    const asked = ["sum(cost_with_tax)", "count()"];
    expect(await select(inbox.source, asked)).toEqual([["10.6", "2"]]);
    const earlier = `costs_as_of(moment = '${await lastMoment(warehouse)}')`;
    expect(await select(inbox.source, asked, earlier)).toEqual([["10.6", "2"]]);
  });

  test.each(["empty", "csv"] as const)("without usage is no run: %s", async (answer) => {
    azure.ea.setUsage({ month: MONTH, items: [] });
    azure.ea.setNoData(answer);
    const source = await aSource({ api: "usage-report" });
    const { outcome } = await importMonth(source);
    expect(outcome).toMatchObject({ outcome: "skipped", reason: "the API has no data" });
    expect(await select(source, ["run_id"], "publications")).toEqual([]);
  });
});

describe("a page that fails", () => {
  test.each([
    ["the last page is cut off", [...cut(0.9), ...cut(0.9), ...cut(0.9)], {}, /page 3: the answer is not JSON/],
    ["the same page comes again", repeatedAnswer(), { next: "hasMoreData" }, /holds the items of an earlier page/],
    ["the key runs out", unauthorized(), {}, /API key in SIMULATED_EA_KEY is wrong or has expired/],
  ] as const)(
    "fails the month, of which nothing is seen and what was there stays: %s",
    async (_, fault, envelope, says) => {
      const source = await aSource();
      const fail = async () => {
        azure.fault("ea", none(3), fault);
        const { outcome } = await importOnce(source);
        expect(outcome).toMatchObject({ outcome: "failed", error: expect.stringMatching(says) as string });
        expect(JSON.stringify(outcome)).not.toMatch(SIMULATED_SECRET);
      };
      azure.ea.setEnvelope(envelope);
      await fail();
      expect(await totals(source)).toEqual(["0"]);
      await importMonth(source);
      azure.ea.setUsage({ month: MONTH, items: [1, 2, 3, 4, 5].map((cost) => anItem({ cost })) });
      await fail();
      expect(await totals(source)).toEqual([TOTAL]);
      expect(JSON.stringify(await select(source, ["tuple(*)"], "loads"))).not.toMatch(SIMULATED_SECRET);
    },
  );
});

async function aSource(settings: Partial<EaSource> = {}): Promise<EaSource> {
  const source: EaSource = {
    ...SOURCE_DEFAULTS,
    ...EXTRACTION_DEFAULTS,
    kind: "ea",
    name: `ea-${++sources}`,
    datasets: ["actual"],
    url: azure.eaUrl,
    enrollment: EA_ENROLLMENT,
    credential: { env: "SIMULATED_EA_KEY" },
    api: "v3",
    by: "billing-period",
    currency: null,
    taxFactor: null,
    ...settings,
  };
  await saveSource(warehouse, source);
  return source;
}

type Imported = { readonly outcome: RunOutcome | undefined; readonly problems: SourceReport["problems"] };

async function importMonth({ name }: EaSource, options: { overwrite?: boolean } = {}): Promise<Imported> {
  const { runs, problems } = await importAll(warehouse, name, { billingPeriod: daysOfMonth(MONTH), ...options });
  return { outcome: runs[0], problems };
}

/** An import of a month that is not repeated where it fails, as whoever hosts imports would do. */
async function importOnce({ name }: EaSource): Promise<Imported> {
  const activities = createActivities({
    warehouse,
    openStore: (source) => openStore(source, process.env),
    openExtractor: (source) => openExtractor(source, process.env),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const once = { activities, importRun: (input: Parameters<typeof importRun>[1]) => importRun(activities, input) };
  const host = { ...once, gate: () => Promise.resolve(), sleep: () => Promise.resolve() };
  const options = { billingPeriod: daysOfMonth(MONTH), overwrite: true, dryRun: false };
  const { runs, problems } = await importSource(host, { source: name, ...options });
  return { outcome: runs[0], problems };
}

/** The totals that the views show of a source: one, where all of them agree. */
async function totals({ name }: { readonly name: string }): Promise<string[]> {
  const found = await Promise.all(COST_VIEWS.map((view) => totalsOf(warehouse, view, `source = '${name}'`)));
  return [...new Set(found.map(({ actual }) => actual))];
}

/** What expressions are for each line of a source, or in each row of another table. */
async function select(
  { name }: { readonly name: string },
  expressions: readonly string[],
  from = "costs",
): Promise<(string | null)[][]> {
  const texts = expressions.map((expression, index) => `toString(${expression}) AS "${index}"`);
  const rows = await warehouse.rows(`SELECT ${texts.join(", ")} FROM ${from} WHERE source = {name:String}`, { name });
  return z
    .array(z.record(z.string(), z.string().nullable()))
    .parse(rows)
    .map((row) => Object.values(row));
}

function anItem(fields: Record<string, unknown>): Record<string, unknown> {
  return {
    serviceName: "Virtual Machines",
    offerId: "MS-AZR-0017P",
    cost: new LosslessNumber("1.5"),
    departmentId: 3456,
    accountOwnerEmail: "account@live.com",
    subscriptionId: 0,
    subscriptionGuid: subscription,
    date: `${MONTH}-02T00:00:00`,
    product: "D2s v3",
    meterCategory: "Virtual Machines",
    consumedQuantity: 24,
    resourceRate: new LosslessNumber("0.0625"),
    instanceId: `/subscriptions/${subscription}/resourceGroups/RG-Web/providers/Microsoft.Compute/virtualMachines/VM`,
    additionalInfo: '{"VCPUs":"2"}',
    tags: '{"env":"prod"}',
    storeServiceIdentifier: "store",
    resourceGroup: "RG-Web",
    ...fields,
  };
}
