import Big from "big.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { RESOURCE_KINDS } from "../../src/demo/catalogue.ts";
import type { ColumnSetName } from "../../src/domain/column-sets.ts";
import { FOCUS_1_2_PREVIEW, FOCUS_SPECIFICATION_1_2 } from "../../src/domain/focus-columns.ts";
import { aRun, type Line, recordsOf } from "../support/exports.ts";
import { anInbox, type Inbox, openInbox } from "../support/imports.ts";
import { lastMoment, totalsOf } from "../support/totals.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(async () => engine.close());

const ORDER = "/providers/Microsoft.Capacity/reservationOrders/a965d46f-aedf-4176-8ff1-2617943b8960";
const RESERVATION = `${ORDER}/reservations/f39d1c73-af74-4308-9083-fbf5efab37d1`;
const PLAN = "/providers/Microsoft.BillingBenefits/savingsPlanOrders/802a9e8b-e860-4d5f-b63b-c5bdf7ee2446";
const RESERVED = { pricingModel: "Reservation", benefitId: RESERVATION, benefitName: "Web servers" };

/** What both an actual and an amortized export of an enrollment have. */
const ALIKE: readonly Line[] = [
  { productName: "hours", cost: "1", quantity: "10", effectivePrice: "0.1", UnitPrice: "0.1", PayGPrice: "0.12" },
  {
    productName: "operations",
    cost: "0.25",
    quantity: "50000",
    effectivePrice: "0.000005",
    UnitPrice: "0.05",
    PayGPrice: "0.06",
    unitOfMeasure: "10K",
    meterCategory: "Storage",
    meterSubCategory: "Tiered Block Blob",
    consumedService: "Microsoft.Storage",
    resourceLocation: "EU West",
  },
];
const RESERVED_HOURS = {
  ...RESERVED,
  productName: "reserved hours",
  quantity: "24",
  UnitPrice: "0.12",
  PayGPrice: "0.12",
};
const ACTUAL = aRun({
  dataset: "actual",
  columns: "ea-2024-08-01",
  lines: [
    ...ALIKE,
    { ...RESERVED_HOURS, cost: "0", effectivePrice: "0" },
    {
      ...RESERVED,
      productName: "reservation",
      chargeType: "Purchase",
      frequency: "Recurring",
      cost: "87.6",
      quantity: "1",
      effectivePrice: "87.6",
      UnitPrice: "87.6",
      PayGPrice: "0",
      resourceId: "",
      resourceName: "",
      subscriptionId: "",
    },
  ],
});
const AMORTIZED = aRun({
  dataset: "amortized",
  columns: "ea-2024-08-01",
  lines: [
    ...ALIKE,
    { ...RESERVED_HOURS, cost: "1.8", effectivePrice: "0.075" },
    { ...RESERVED_HOURS, productName: "unused hours", chargeType: "UnusedReservation", cost: "0.6", quantity: "8" },
  ],
});

/** What the expressions are for every row of the view, as text. */
async function focus(order: string, ...expressions: string[]): Promise<(string | null)[][]> {
  const texts = expressions.map((expression, at) => `toString(${expression}) AS c${at}`);
  const rows = await warehouse.rows(`SELECT ${texts.join(", ")} FROM focus_costs ORDER BY ${order}`);
  return z
    .array(z.record(z.string(), z.string().nullable()))
    .parse(rows)
    .map((row) => expressions.map((_, at) => row[`c${at}`] ?? null));
}

describe("the actual and the amortized export of an enrollment", () => {
  let inbox: Inbox;
  beforeAll(async () => {
    warehouse = await engine.database();
    inbox = await openInbox(warehouse);
    await inbox.deliver(ACTUAL, AMORTIZED);
  });
  afterAll(async () => inbox.source.remove());

  test("bill what the actual one says, cost what the amortized one says, and count quantities once", async () => {
    const columns = [
      "BilledCost",
      "EffectiveCost",
      "ListCost",
      "ContractedCost",
      "ConsumedQuantity",
      "PricingQuantity",
    ];
    expect(await focus("x_Dataset, ChargeDescription", "x_Dataset", "ChargeDescription", ...columns)).toEqual([
      ["actual", "hours", "1", null, null, null, null, null],
      ["actual", "operations", "0.25", null, null, null, null, null],
      ["actual", "reservation", "87.6", "0", "0", "87.6", null, "1"],
      ["actual", "reserved hours", "0", null, null, null, null, null],
      ["amortized", "hours", null, "1", "1.2", "1", "10", "10"],
      ["amortized", "operations", null, "0.25", "0.3", "0.25", "50000", "5"],
      ["amortized", "reserved hours", "0", "1.8", "2.88", "2.88", "24", "24"],
      ["amortized", "unused hours", "0", "0.6", "0.96", "0.96", null, "8"],
    ]);
  });

  test("add up to the costs, now and as of a moment", async () => {
    const { actual, amortized } = await totalsOf(warehouse);
    const moment = await lastMoment(warehouse);
    for (const view of ["focus_costs", `focus_costs_as_of(moment = '${moment}')`]) {
      const rows = await warehouse.rows(
        `SELECT toString(sum(BilledCost)) AS billed, toString(sum(EffectiveCost)) AS effective FROM ${view}`,
      );
      expect(rows).toEqual([{ billed: actual, effective: amortized }]);
    }
    expect([actual, amortized]).toEqual(["88.85", "3.65"]);
  });

  test("have the categories of FOCUS", async () => {
    const charge = ["ChargeCategory", "ChargeClass", "ChargeFrequency", "PricingCategory", "x_PricingSubcategory"];
    const discount = ["Category", "Type", "Status", "Name"].map((name) => `CommitmentDiscount${name}`);
    const committed = ["Committed", "Committed Usage", "Usage", "Reservation"];
    const none = [null, null, null, null];
    expect(await focus("x_Dataset, ChargeDescription", ...charge, ...discount)).toEqual([
      ["Usage", null, "Usage-Based", "Standard", "Standard", ...none],
      ["Usage", null, "Usage-Based", "Standard", "Standard", ...none],
      ["Purchase", null, "Recurring", ...committed, null, "Web servers"],
      ["Usage", null, "Usage-Based", ...committed, "Used", "Web servers"],
      ["Usage", null, "Usage-Based", "Standard", "Standard", ...none],
      ["Usage", null, "Usage-Based", "Standard", "Standard", ...none],
      ["Usage", null, "Usage-Based", ...committed, "Used", "Web servers"],
      ["Usage", null, "Usage-Based", ...committed, "Unused", "Web servers"],
    ]);
    expect(await focus("1", "groupUniqArray(CommitmentDiscountId)")).toEqual([[`['${RESERVATION.toLowerCase()}']`]]);
  });

  test("have the services, regions, units and accounts of FOCUS", async () => {
    const service = ["ServiceCategory", "ServiceSubcategory", "ServiceName"];
    const region = ["RegionId", "RegionName", "ConsumedUnit", "PricingUnit", "x_PricingBlockSize"];
    expect(
      await focus("ChargeDescription LIMIT 2 BY ChargeDescription", "ChargeDescription", ...service, ...region),
    ).toEqual([
      ["hours", ...VIRTUAL_MACHINES, "westeurope", "West Europe", "Hours", "Hours", "1"],
      ["hours", ...VIRTUAL_MACHINES, "westeurope", "West Europe", "Hours", "Hours", "1"],
      ["operations", ...BLOBS, "westeurope", "West Europe", "Units", "Units", "10000"],
      ["operations", ...BLOBS, "westeurope", "West Europe", "Units", "Units", "10000"],
      ["reservation", ...VIRTUAL_MACHINES, "westeurope", "West Europe", null, "Hours", "1"],
      ["reserved hours", ...VIRTUAL_MACHINES, "westeurope", "West Europe", "Hours", "Hours", "1"],
      ["reserved hours", ...VIRTUAL_MACHINES, "westeurope", "West Europe", "Hours", "Hours", "1"],
      ["unused hours", ...VIRTUAL_MACHINES, "westeurope", "West Europe", null, "Hours", "1"],
    ]);
    const [row] = (await warehouse.rows("SELECT * FROM focus_costs WHERE ChargeDescription = 'hours' LIMIT 1")) as [
      Record<string, unknown>,
    ];
    expect(row).toMatchObject({
      BillingAccountId: "/providers/Microsoft.Billing/billingAccounts/8611537",
      BillingAccountName: "Contoso",
      BillingAccountType: "Billing Account",
      BillingPeriodStart: "2026-05-01",
      BillingPeriodEnd: "2026-06-01",
      ChargePeriodStart: "2026-05-01",
      ChargePeriodEnd: "2026-05-02",
      InvoiceId: null,
      InvoiceIssuerName: "Microsoft",
      PricingCurrency: "USD",
      ProviderName: "Microsoft",
      PublisherName: "Microsoft",
      ResourceName: "web-01",
      ResourceType: "microsoft.compute/virtualmachines",
      SkuId: null,
      SkuMeter: "D2s v5",
      SubAccountId: "/subscriptions/1caaa5a3-2b66-438e-8ab4-bce37d518c5d",
      SubAccountName: "Production",
      SubAccountType: "Subscription",
      Tags: { env: "prod", application: "web" },
      x_BillingAccountId: "8611537",
      x_PublisherCategory: "Cloud Provider",
    });
  });
});

const VIRTUAL_MACHINES = ["Compute", "Virtual Machines", "Virtual Machines"];
const BLOBS = ["Storage", "Object Storage", "Azure Blob Storage"];

test("without an amortized export, the actual one shows the quantities", async () => {
  warehouse = await engine.database();
  const inbox = await anInbox(warehouse);
  await inbox.deliver(ACTUAL);
  expect(await focus("ChargeDescription", "ChargeDescription", "PricingQuantity", "ContractedCost")).toEqual([
    ["hours", "10", "1"],
    ["operations", "5", "0.25"],
    ["reservation", "1", "87.6"],
    ["reserved hours", "24", "2.88"],
  ]);
});

test("an MCA charge is billed to its profile, in the billing currency", async () => {
  warehouse = await engine.database();
  const inbox = await anInbox(warehouse);
  const profile = {
    billingAccountId: "abc:def_2019-05-31",
    billingProfileId: "QWER-TYUI",
    billingProfileName: "Profile",
  };
  const eur = { ...profile, currency: "EUR", exchangeRate: "0.8", usdRate: "1.25", invoiceId: "G1" };
  await inbox.deliver(
    aRun({
      dataset: "amortized",
      columns: "mca-2023-12-01-preview",
      lines: [
        { ...eur, productName: "spot", pricingModel: "Spot", cost: "0.8", quantity: "10", PayGPrice: "0.2" },
        { ...eur, productName: "refund", chargeType: "Refund", frequency: "OneTime", cost: "-8", quantity: "-1" },
        { ...eur, productName: "plan", pricingModel: "SavingsPlan", benefitId: PLAN, cost: "0.5" },
        { ...eur, productName: "rounding", chargeType: "RoundingAdjustment", frequency: "", cost: "0.01" },
        { ...eur, productName: "market", publisherType: "Marketplace", unitOfMeasure: "10K", unitPrice: "7" },
      ],
    }),
  );
  const row = await warehouse.rows("SELECT * FROM focus_costs WHERE ChargeDescription = 'spot'");
  expect(row[0]).toMatchObject({
    BillingAccountId: "/providers/Microsoft.Billing/billingAccounts/abc:def_2019-05-31/billingProfiles/qwer-tyui",
    BillingAccountName: "Profile",
    BillingAccountType: "Billing Profile",
    BilledCost: null,
    EffectiveCost: "0.8",
    x_EffectiveCostInUsd: "1",
    ContractedUnitPrice: "0.08",
    ContractedCost: "0.8",
    ListUnitPrice: "0.16",
    ListCost: "0.8",
    PricingCurrency: "USD",
    PricingCurrencyEffectiveCost: "1",
    PricingCurrencyContractedUnitPrice: "0.1",
    PricingCurrencyListUnitPrice: "0.2",
    InvoiceId: "G1",
    PricingCategory: "Dynamic",
    SkuId: "AAA-88134",
    x_BillingExchangeRate: "0.8",
  });
  const columns = [
    "ChargeCategory",
    "ChargeClass",
    "ChargeFrequency",
    "CommitmentDiscountType",
    "CommitmentDiscountStatus",
  ];
  expect(await focus("ChargeDescription", "ChargeDescription", ...columns, "ContractedCost")).toEqual([
    // Neither 7 dollars for 10,000 nor for one make the effective price: the unit cannot be told.
    ["market", "Usage", null, "Usage-Based", null, null, null],
    ["plan", "Usage", null, "Usage-Based", "Savings Plan", "Used", "0.8"],
    ["refund", "Purchase", "Correction", "One-Time", null, null, "-0.08"],
    ["rounding", "Adjustment", null, null, null, null, "0.8"],
    ["spot", "Usage", null, "Usage-Based", null, null, "0.8"],
  ]);
});

test("the unit of measure tells the block and the unit", async () => {
  warehouse = await engine.database();
  const inbox = await anInbox(warehouse);
  const units: readonly (readonly [string, string, string])[] = [
    ["1 Hour", "1", "Hours"],
    ["100 Hours", "100", "Hours"],
    ["10K", "10000", "Units"],
    ["1M", "1000000", "Units"],
    ["1B", "1000000000", "Units"],
    ["1/Month", "1", "Units/Month"],
    ["1 /Month", "1", "Units/Month"],
    ["100 GB/Month", "100", "GB/Month"],
    ["1 GB Hour", "1", "GB Hours"],
    ["100 Mbps", "100", "Mbps"],
    ["1,000 Daily Unit", "1000", "Units/Day"],
    ["1 Hourly Units", "1", "Units/Hour"],
    ["Unassigned", "1", "Unassigned"],
  ];
  const lines = [...units.map(([unitOfMeasure]) => ({ unitOfMeasure })), { unitOfMeasure: "" }];
  await inbox.deliver(aRun({ dataset: "actual", lines }));
  const found = await focus("1", "x_PricingUnitDescription", "x_PricingBlockSize", "PricingUnit");
  expect(new Set(found.map(String))).toEqual(new Set([...units, [null, null, null]].map(String)));
});

test("where one export answers for the billed and another for the effective cost, quantities are counted once", async () => {
  warehouse = await engine.database();
  const hours = { chargeType: "Usage", cost: "1", quantity: "10", effectivePrice: "0.1", UnitPrice: "0.1" };
  const purchase = { ...RESERVED, chargeType: "Purchase", frequency: "Recurring", cost: "87.6", quantity: "1" };
  const first = await anInbox(warehouse, { priority: 1 });
  await first.deliver(aRun({ dataset: "actual", lines: [hours, { ...purchase, UnitPrice: "87.6" }] }));
  const second = await anInbox(warehouse, { priority: 2 });
  const { UnitPrice: _, ...focusHours } = hours;
  await second.deliver(aRun({ dataset: "focus", lines: [focusHours, { ...purchase, effectiveCost: "0" }] }));
  const columns = ["BilledCost", "EffectiveCost", "PricingQuantity"];
  expect(await focus("x_Dataset, ChargeCategory", "x_Dataset", "ChargeCategory", ...columns)).toEqual([
    ["actual", "Purchase", "87.6", "0", "1"],
    ["actual", "Usage", "1", null, null],
    ["focus", "Purchase", null, "0", null],
    ["focus", "Usage", null, "1", "10"],
  ]);
});

test("what the demo meters is a service of FOCUS", async () => {
  const names = RESOURCE_KINDS.flatMap((kind) => kind.meters.map((meter) => meter.category.toLowerCase()));
  const rows = await warehouse.rows("SELECT name FROM focus_services WHERE name IN {names:Array(String)}", { names });
  expect(rows).toHaveLength(new Set(names).size);
});

test("the view has every column of FOCUS 1.2, and Azure's own", async () => {
  const rows = await warehouse.rows(
    "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'focus_costs' ORDER BY position",
  );
  const own = FOCUS_1_2_PREVIEW.filter((name) => name.startsWith("x_"));
  expect(
    z
      .array(z.object({ name: z.string() }))
      .parse(rows)
      .map(({ name }) => name),
  ).toEqual([...FOCUS_SPECIFICATION_1_2, ...own, "x_Dataset", "x_Source"].toSorted());
});

/** What earlier versions called otherwise. */
const RENAMED: Readonly<Record<string, string>> = {
  Region: "RegionName",
  UsageQuantity: "ConsumedQuantity",
  UsageUnit: "ConsumedUnit",
  x_InvoiceId: "InvoiceId",
  x_OnDemandCost: "ContractedCost",
  x_OnDemandCostInUsd: "x_ContractedCostInUsd",
  x_OnDemandUnitPrice: "ContractedUnitPrice",
  x_PricingCurrency: "PricingCurrency",
  x_SkuMeterName: "SkuMeter",
};

/** A month of its own for each, so that none of them answers for another. */
const MONTHS: Readonly<Partial<Record<ColumnSetName, string>>> = {
  "focus-1.0-preview": "2025-01",
  "focus-1.0r2": "2025-02",
  "focus-1.2-preview": "2025-03",
  "focus-1.2": "2025-04",
  "focus-1.3": "2025-05",
};

test.each<ColumnSetName>(["focus-1.0-preview", "focus-1.0r2", "focus-1.2-preview", "focus-1.2", "focus-1.3"])(
  "a file of %s comes back as it was delivered",
  async (columns) => {
    const inbox = await anInbox(warehouse);
    const month = MONTHS[columns] ?? "2026-05";
    const amounts = ["0.0000496065685939103754949709", "-98765432109876543210.1", "5.64902E-05", "0", "1234567.89"];
    const lines = amounts.map((cost, at) => ({
      cost,
      effectiveCost: amounts[(at + 1) % amounts.length] ?? "",
      quantity: amounts[(at + 2) % amounts.length] ?? "",
      effectivePrice: amounts[(at + 3) % amounts.length] ?? "",
      date: `${month}-0${at + 1}`,
      chargeType: ["Usage", "Purchase", "Usage", "Refund", "UnusedReservation"][at] ?? "",
      meterName: `"${cost}", NULL`,
      ...(at % 2 === 0 ? { benefitId: RESERVATION, benefitName: "Web servers" } : {}),
    }));
    const run = aRun({ dataset: "focus", columns, month, lines });
    await inbox.deliver(run);
    const rows = z.array(z.record(z.string(), z.unknown())).parse(
      await warehouse.rows("SELECT * FROM focus_costs WHERE x_Source = {source:String} ORDER BY ChargePeriodStart", {
        source: inbox.source.name,
      }),
    );
    for (const [at, record] of recordsOf(run.texts[0] ?? "").entries()) {
      const delivered = Object.entries(record).map(([name, text]) => [RENAMED[name] ?? name, text] as const);
      const known = delivered.filter(([name]) => name in (rows[at] ?? {}));
      expect(delivered.length - known.length).toBe(UNSHOWN[columns] ?? 0);
      expect(Object.fromEntries(known.map(([name]) => [name, rows[at]?.[name]]))).toEqual(
        Object.fromEntries(known.map(([name, text]) => [name, asShown(name, text)])),
      );
    }
  },
);

test("what 1.0-preview calls a subcategory tells the class of a charge and the use of a commitment", async () => {
  warehouse = await engine.database();
  const inbox = await anInbox(warehouse);
  const kinds = ["On-Demand", "Refund", "Unused Commitment", "Used Commitment"];
  const lines = kinds.map((kind) => ({ ChargeSubcategory: kind, productName: kind }));
  await inbox.deliver(aRun({ dataset: "focus", columns: "focus-1.0-preview", lines }));
  expect(await focus("ChargeDescription", "ChargeDescription", "ChargeClass", "CommitmentDiscountStatus")).toEqual([
    ["On-Demand", null, null],
    ["Refund", "Correction", null],
    ["Unused Commitment", null, "Unused"],
    ["Used Commitment", null, "Used"],
  ]);
});

/** ChargeSubcategory and x_ChargeId; what 1.3 added. */
const UNSHOWN: Readonly<Partial<Record<ColumnSetName, number>>> = { "focus-1.0-preview": 2, "focus-1.3": 8 };
const AMOUNT = /(Cost|Price|Quantity|InUsd|Rate|BlockSize)$/;
const DAY = /(PeriodStart|PeriodEnd|RateDate)$/;
const IN_LOWER_CASE =
  /^(ResourceId|SubAccountId|CommitmentDiscountId|x_(BillingAccount|BillingProfile|SkuMeter)Id|x_ResourceGroupName)$/;

/** A file's text as the view shows it: amounts without surplus zeros, days, ids in lower case, null for nothing. */
function asShown(name: string, text: string): unknown {
  if (name === "Tags") return JSON.parse(text === "" ? "{}" : text);
  if (text === "") return null;
  if (AMOUNT.test(name)) return new Big(text).toFixed();
  if (DAY.test(name)) return text.slice(0, 10);
  if (name === "x_SkuIsCreditEligible") return text === "true";
  return IN_LOWER_CASE.test(name) ? text.toLowerCase() : text;
}
