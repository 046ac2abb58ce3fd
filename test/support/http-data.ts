import Big from "big.js";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { Charge } from "../../src/demo/charge.ts";
import { aRun, type Line, recordsOf, type RenderedRun, type RunOptions } from "./exports.ts";
import { PLAIN_CHARGE } from "./plain-charge.ts";
import { addFolderSource, importAll, type TestSource } from "./warehouse.ts";

/** The subscriptions of the data set. */
export const PRODUCTION = PLAIN_CHARGE.subscriptionId;
export const DEVELOPMENT = "2dbbb5a3-2b66-438e-8ab4-bce37d518c5d";
export const DATA_PLATFORM = "3dccc5a3-2b66-438e-8ab4-bce37d518c5d";
export const PARTNERED = "4dddd5a3-2b66-438e-8ab4-bce37d518c5d";
/** The customer of the partner's file. */
export const CUSTOMER_TENANT = "7d0e2b9a-14c6-4d7b-8b52-91c1a8e0c902";

/** Every source of the data set; nothing was ever imported of the last one. */
export const SOURCES = ["contoso", "fabrikam", "tailspin", "northwind"] as const;

/** A delivered line of a run, and whether readers see it now. */
export type DataLine = {
  readonly charge: Charge;
  readonly run: RenderedRun;
  readonly source: string;
  /** Its record number in the only part of the run, from 1. */
  readonly line: number;
  /** What the file says in USD; null where it has no such column. */
  readonly deliveredUsd: string | null;
  /** What counts as USD: the file's figure, or the billing figure of a line in USD; null where it is not known. */
  readonly usd: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** Whether it is one of the actual costs that count now. */
  readonly isCounted: boolean;
};

const VIRTUAL_MACHINE_METER = {
  resourceType: PLAIN_CHARGE.resourceType,
  serviceFamily: PLAIN_CHARGE.serviceFamily,
  meterId: PLAIN_CHARGE.meterId,
  meterName: PLAIN_CHARGE.meterName,
  meterCategory: PLAIN_CHARGE.meterCategory,
  meterSubCategory: PLAIN_CHARGE.meterSubCategory,
  unitOfMeasure: PLAIN_CHARGE.unitOfMeasure,
};
const CONTOSO = { currency: "EUR", usdRate: "1.08", exchangeRate: "0.92" };
const WEB_01 = virtualMachine("RG-Web", "web-01");
const WEB_02 = { ...virtualMachine("rg-web", "web-02"), pricingModel: "Reservation", resourceLocation: "northeurope" };
const DEV_VM = {
  ...virtualMachine("RG-Dev", "dev-vm", DEVELOPMENT, "Development"),
  pricingModel: "Spot",
  costCenter: "CC-2000",
  tags: '"env": "dev", "Owner": "O\'Neil \\"Max\\""',
};
const DEV_STORE = {
  ...DEV_VM,
  ...storage("rg-dev", "sadev01", DEVELOPMENT),
  resourceLocation: "northeurope",
  pricingModel: "OnDemand",
  tags: "",
};
const DATABASE = {
  resourceId: resourceIdOf(PRODUCTION, "rg-data", "Microsoft.Sql/servers/databases", "orders"),
  resourceName: "orders",
  resourceGroup: "rg-data",
  meterId: "5a1b8d35-0d5a-4a0b-9a5b-6a7e1d2f3c44",
  meterName: "vCore",
  meterCategory: "SQL Database",
  meterSubCategory: "Single General Purpose",
  serviceFamily: "Databases",
  tags: '"env": "prod", "team": "Größe & Söhne"',
};
const PURCHASE = {
  chargeType: "Purchase",
  publisherType: "Marketplace",
  publisherName: "Datadog",
  resourceId: "",
  resourceName: "",
  resourceGroup: "",
  resourceLocation: "",
  meterId: "",
  meterName: "",
  meterCategory: "",
  meterSubCategory: "",
  serviceFamily: "SaaS",
  tags: "",
};
const LAKE = {
  billingAccountId: "9000001",
  billingAccountName: "Fabrikam",
  subscriptionName: "Data Platform",
  costCenter: "",
  ...storage("rg-lake", "adls01", DATA_PLATFORM),
};

type Delivery = RunOptions & {
  readonly source: string;
  /** Which of its lines, by their place, are actual costs that count when everything was imported. */
  readonly counted: "all" | readonly number[];
};

/** What is delivered, in the order of the imports. */
const DELIVERIES: readonly Delivery[] = [
  {
    source: "contoso",
    dataset: "actual",
    columns: "mca-2023-12-01-preview",
    month: "2026-04",
    lines: [
      { ...CONTOSO, ...WEB_01, date: "2026-04-10", cost: "10.5" },
      { ...CONTOSO, ...DEV_STORE, date: "2026-04-30", cost: "0.1234567890123456789012345678" },
    ],
    counted: "all",
  },
  {
    // The month to date, which the next delivery restates.
    source: "contoso",
    dataset: "actual",
    columns: "mca-2023-12-01-preview",
    days: { first: "2026-05-01", last: "2026-05-10" },
    lines: [
      { ...CONTOSO, ...WEB_01, date: "2026-05-03", cost: "99" },
      { ...CONTOSO, ...DEV_VM, date: "2026-05-03", cost: "98" },
    ],
    counted: [],
  },
  {
    source: "contoso",
    dataset: "actual",
    columns: "mca-2023-12-01-preview",
    days: { first: "2026-05-01", last: "2026-05-20" },
    lines: [
      { ...CONTOSO, ...WEB_01, date: "2026-05-03", cost: "12.25" }, // a newer snapshot shares this day of it
      { ...CONTOSO, ...WEB_01, date: "2026-05-16", cost: "12.75" },
      { ...CONTOSO, ...DEV_VM, date: "2026-05-03", cost: "3.3" },
      { ...CONTOSO, ...DEV_STORE, date: "2026-05-20", cost: "0.000001" },
      { ...CONTOSO, ...PURCHASE, date: "2026-05-05", cost: "100" },
      { ...CONTOSO, ...DEV_VM, date: "2026-05-16", cost: "-2.5", chargeType: "Refund" },
      { ...CONTOSO, ...PURCHASE, date: "2026-05-01", cost: "40", subscriptionId: "", subscriptionName: "" },
    ],
    counted: [1, 2, 3, 4, 5, 6],
  },
  {
    source: "contoso",
    dataset: "amortized",
    columns: "mca-2023-12-01-preview",
    days: { first: "2026-05-01", last: "2026-05-20" },
    lines: [
      { ...CONTOSO, ...WEB_01, date: "2026-05-03", cost: "1000" },
      { ...CONTOSO, ...WEB_01, date: "2026-05-16", cost: "2000" },
    ],
    counted: [],
  },
  {
    // One subscription of the account once more, newer: it answers on its days.
    source: "contoso",
    exportName: "production-actual",
    dataset: "actual",
    columns: "mca-2023-12-01-preview",
    days: { first: "2026-05-01", last: "2026-05-15" },
    submittedAt: "2026-05-22T03:00:00.0000000Z",
    lines: [
      { ...CONTOSO, ...virtualMachine("rg-WEB", "web-01"), date: "2026-05-03", cost: "12.5" },
      { ...CONTOSO, ...WEB_02, date: "2026-05-03", cost: "7.125" },
      { ...CONTOSO, ...WEB_02, date: "2026-05-03", cost: "7.125" }, // Azure delivers identical rows, and both count
      { ...CONTOSO, ...DATABASE, date: "2026-05-15", cost: "55.01" },
    ],
    counted: "all",
  },
  {
    // An enrollment's files say nothing in USD.
    source: "fabrikam",
    dataset: "actual",
    columns: "ea-2023-12-01-preview",
    lines: [
      { ...LAKE, date: "2026-05-03", cost: "20.2" },
      { ...LAKE, date: "2026-05-03", cost: "5.5", currency: "EUR" },
      {
        ...LAKE,
        ...virtualMachine("RG-Lake", "lake-vm", DATA_PLATFORM, "Data Platform"),
        date: "2026-05-28",
        cost: "1.000000000000000000000000000001",
        quantity: "24.000000000000000000000000000001",
        retailPrice: "0.041666666666666666666666666667",
      },
    ],
    counted: "all",
  },
  {
    source: "tailspin",
    dataset: "actual",
    columns: "csp-2023-12-01-preview",
    lines: [
      { ...storage("rg-shop", "sashop", PARTNERED), subscriptionName: "Shop", date: "2026-05-03", cost: "4.4" },
      { ...storage("rg-shop", "sashop", PARTNERED), subscriptionName: "Shop", date: "2026-05-04", cost: "4.6" },
    ],
    counted: "all",
  },
];

/** The data set, imported. */
export type HttpData = {
  /** Every line that was delivered, in the order of deliveries and files. */
  readonly lines: readonly DataLine[];
  readonly runs: readonly RenderedRun[];
  /** The sources by name, for further deliveries. */
  readonly sources: ReadonlyMap<string, TestSource>;
  /** Removes the sources' folders. */
  remove(): Promise<void>;
};

/**
 * Imports a small fixed data set, as the command does: April and May 2026 of three sources and four subscriptions in two
 * currencies. A month to date was delivered again, a newer snapshot shares a subscription with an older one, one export
 * is amortized, one has no figures in USD, and of one source nothing was ever imported.
 */
export async function importHttpData(warehouse: Warehouse): Promise<HttpData> {
  const sources = new Map<string, TestSource>();
  for (const name of SOURCES) sources.set(name, await addFolderSource(warehouse, { name }));
  const lines: DataLine[] = [];
  const runs: RenderedRun[] = [];
  for (const { source, counted, ...options } of DELIVERIES) {
    const run = aRun(options);
    await run.writeTo(sources.get(source)?.path ?? source);
    const { problems, runs: outcomes } = await importAll(warehouse, source, { runId: run.runId });
    if (problems.length > 0 || outcomes.some(({ outcome }) => outcome === "failed")) {
      throw new Error(`${source} was not imported: ${JSON.stringify({ problems, outcomes })}`);
    }
    runs.push(run);
    lines.push(...options.lines.map((line, at) => dataLineOf(source, run, line, at, counted)));
  }
  return {
    lines,
    runs,
    sources,
    remove: async () => {
      await Promise.all([...sources.values()].map((source) => source.remove()));
    },
  };
}

/** The exact sum of what `amountOf` says of the lines, plain and without surplus zeros; nothing for null. */
export function sumOf(lines: readonly DataLine[], amountOf: (line: DataLine) => string | null): string {
  return lines.reduce((sum, line) => sum.plus(amountOf(line) ?? 0), new Big(0)).toFixed();
}

function dataLineOf(source: string, run: RenderedRun, line: Line, at: number, counted: Delivery["counted"]): DataLine {
  const charge: Charge = { ...PLAIN_CHARGE, date: run.delivery.days.first, ...line };
  const record = recordsOf(run.texts[0] ?? "")[at] ?? {};
  const deliveredUsd = record["costInUsd"] === undefined ? null : new Big(record["costInUsd"]).toFixed();
  return {
    charge,
    run,
    source,
    line: at + 1,
    deliveredUsd,
    usd: deliveredUsd ?? (charge.currency === "USD" ? new Big(charge.cost).toFixed() : null),
    tags: JSON.parse(`{${charge.tags}}`) as Record<string, string>,
    isCounted: counted === "all" || counted.includes(at),
  };
}

function virtualMachine(group: string, name: string, subscription = PRODUCTION, subscriptionName = "Production"): Line {
  return {
    subscriptionId: subscription,
    subscriptionName,
    resourceGroup: group,
    resourceName: name,
    resourceId: resourceIdOf(subscription, group, "Microsoft.Compute/virtualMachines", name),
    ...VIRTUAL_MACHINE_METER,
  };
}

function storage(group: string, name: string, subscription: string): Line {
  return {
    subscriptionId: subscription,
    resourceGroup: group,
    resourceName: name,
    resourceId: resourceIdOf(subscription, group, "Microsoft.Storage/storageAccounts", name),
    resourceType: "Microsoft.Storage/storageAccounts",
    consumedService: "Microsoft.Storage",
    serviceFamily: "Storage",
    meterId: "0d4bd7c9-3a4b-4a1c-8b6f-2f3c44d1a2b3",
    meterName: "Hot LRS Data Stored",
    meterCategory: "Storage",
    meterSubCategory: "Blob Storage",
    unitOfMeasure: "1 GB/Month",
    tags: '"env": "prod", "team": "data"',
  };
}

function resourceIdOf(subscription: string, group: string, type: string, name: string): string {
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/${type}/${name}`;
}
