import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CANONICAL_COLUMNS, nameOf } from "../../src/domain/columns.ts";
import { HeaderError } from "../../src/domain/errors.ts";
import { mapHeader } from "../../src/domain/header.ts";
import type { Dataset } from "../../src/domain/run.ts";

const PLACE = "part_0_0001.csv:1";

test("every spelling means one column, and every column is named once", () => {
  const names = CANONICAL_COLUMNS.map((column) => column.name);
  expect(names).toEqual([...new Set(names)]);
  const columns = CANONICAL_COLUMNS.filter((column) => column.files === "any");
  const spellings = columns.flatMap((column) => column.spellings.map((spelling) => nameOf(spelling).toLowerCase()));
  expect(spellings.filter((spelling, at) => spellings.indexOf(spelling) !== at)).toEqual([]);
});

test("the cost of an amortized export is the amortized cost, in every currency", () => {
  const mapped = mapHeader(
    ["Date", "CostInBillingCurrency", "costInUsd", "costInPricingCurrency"],
    "amortized",
    PLACE,
  ).mapped;
  expect(Object.fromEntries(mapped.map((column) => [column.header, column.canonical]))).toEqual({
    Date: "date",
    CostInBillingCurrency: "amortized_cost_in_billing_currency",
    costInUsd: "amortized_cost_in_usd",
    costInPricingCurrency: "amortized_cost_in_pricing_currency",
  });
});

test("a localised header carries the name in its last parentheses", () => {
  const header = ["Abonnement-GUID (SubscriptionGuid)", "Datum (UTC) (UsageDateTime)", "Kosten (PreTaxCost) "];
  expect(mapHeader(header, "usage", PLACE).mapped.map((column) => [column.canonical, column.index])).toEqual([
    ["date", 1],
    ["cost_in_billing_currency", 2],
    ["subscription_id", 0],
  ]);
});

test("columns that nobody knows are kept under the name that the file gives them", () => {
  const { extra } = mapHeader(["New Column", "Date", "Cost", ""], "actual", PLACE);
  expect(extra).toEqual([
    { index: 0, header: "New Column" },
    { index: 3, header: "" },
  ]);
});

test("of two spellings of one column the better one counts, and the other is kept", () => {
  const { mapped, extra } = mapHeader(["PreTaxCost", "Date", "CostInBillingCurrency"], "actual", PLACE);
  expect(mapped.find((column) => column.canonical === "cost_in_billing_currency")?.index).toBe(2);
  expect(extra).toEqual([{ index: 0, header: "PreTaxCost" }]);
});

test("the exclusive end of a FOCUS billing period is told from the inclusive one", () => {
  const focus = ["BilledCost", "EffectiveCost", "ChargePeriodStart", "BillingPeriodEnd"];
  expect(kindOf(focus, "focus", "billing_period_end_date")).toBe("day-before");
  expect(kindOf(["Cost", "Date", "BillingPeriodEndDate"], "actual", "billing_period_end_date")).toBe("day");
});

test("a FOCUS file says who is invoiced in columns of their own, beside the billing account", () => {
  const focus = ["BilledCost", "EffectiveCost", "ChargePeriodStart", "BillingAccountId", "ResourceType"];
  const canonical = (names: readonly string[], dataset: Dataset) =>
    mapHeader(names, dataset, PLACE).mapped.flatMap((column) => (column.index > 2 ? [column.canonical] : []));
  expect(canonical(focus, "focus")).toEqual([
    "billing_account_id",
    "focus_billing_account_id",
    "resource_type",
    "resource_type_name",
  ]);
  expect(canonical(["Date", "Cost", "Tags", "BillingAccountId", "ResourceType"], "actual")).toEqual([
    "billing_account_id",
    "resource_type",
  ]);
});

test("of a subscription's number and its id, the id counts", () => {
  const { mapped, extra } = mapHeader(["date", "cost", "subscriptionId", "subscriptionGuid"], "actual", PLACE);
  expect(mapped.find((column) => column.canonical === "subscription_id")?.index).toBe(3);
  expect(extra).toEqual([{ index: 2, header: "subscriptionId" }]);
});

test("the same column twice is refused, also in another case or localised", () => {
  expect(refusal(["Date", "Cost", "tags", "Etiketten (Tags)"], "actual")).toBe(
    'part_0_0001.csv:1 Column "Etiketten (Tags)" stands twice in the header (3 and 4). ' +
      "Deliver the export again, or remove one of the two.",
  );
});

test("a header without a cost says what was found and which names are known", () => {
  expect(refusal(["Date", "Quantity"], "actual")).toBe(
    "part_0_0001.csv:1 The header lacks what every actual export has: cost_in_billing_currency " +
      "(CostInBillingCurrency, Cost, PreTaxCost, ExtendedCost, BilledCost). " +
      "Found 2 columns: Date, Quantity. Check that this is a cost export.",
  );
});

test("a header with neither date nor cost says so", () => {
  expect(refusal(["<html>"], "amortized")).toMatch(
    /lacks .* date \(Date, .*; amortized_cost_in_billing_currency \(CostInBillingCurrency.* Found 1 columns: <html>/,
  );
});

test.each<[string, string, Dataset]>([
  ["a FOCUS file announced as actual", "focus-1.0r2", "actual"],
  ["a FOCUS file announced as amortized", "focus-1.0r2", "amortized"],
  ["an EA file announced as FOCUS", "ea-2023-12-01-preview", "focus"],
  ["a portal file announced as FOCUS", "ea-portal", "focus"],
  ["an MCA file announced as FOCUS", "mca-2023-12-01-preview", "focus"],
  ["a pay-as-you-go file announced as FOCUS", "mosp-2019-11-01", "focus"],
])("%s is refused", (_, name, dataset) => {
  const found = dataset === "focus" ? "a cost" : "a FOCUS";
  expect(refusal(headerOf(name), dataset)).toBe(
    `part_0_0001.csv:1 The columns are those of ${found} export, but the run is announced as "${dataset}". ` +
      "Check the type of the export that the manifest names.",
  );
});

function headerOf(name: string): string[] {
  const text = readFileSync(new URL(`../fixtures/headers/${name}.csv`, import.meta.url), "utf8");
  return text.trimEnd().split(",");
}

function kindOf(header: readonly string[], dataset: Dataset, canonical: string): string | undefined {
  return mapHeader(header, dataset, PLACE).mapped.find((column) => column.canonical === canonical)?.kind;
}

function refusal(header: readonly string[], dataset: Dataset): string {
  try {
    mapHeader(header, dataset, PLACE);
  } catch (error) {
    if (error instanceof HeaderError) return error.message;
    throw error;
  }
  throw new Error("The header was taken");
}

test("a header of a megabyte does not make a message of a megabyte", () => {
  const wide = Array.from({ length: 50_000 }, (_, at) => `column ${at}`);
  expect(() => mapHeader(wide, "actual", "part.csv:1")).toThrow(/Found 50000 columns: column 0, .*, column 119, …\. /);
  const long = "x".repeat(1_000_000);
  expect(() => mapHeader([long], "actual", "part.csv:1")).toThrow(`Found 1 columns: ${"x".repeat(80)}. `);
  expect(() => mapHeader([long, long], "actual", "part.csv:1")).toThrow(`Column "${"x".repeat(80)}" stands twice`);
});
