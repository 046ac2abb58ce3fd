import Big from "big.js";
import { parseDay } from "../../src/domain/month.ts";
import { shortRule } from "../../src/domain/tracking-rule.ts";
import type {
  Condition,
  Match,
  TrackingField,
  TrackingOperator,
  TrackingRule,
} from "../../src/domain/tracking-rule.ts";
import type { Line } from "./exports.ts";
import type { Scene } from "./scene.ts";

/** Subscriptions of the resources below. */
export const SHOP = "1caaa5a3-2b66-438e-8ab4-bce37d518c5d";
export const DATA = "2dbbb5a3-2b66-438e-8ab4-bce37d518c5d";

/** Resource ids as the warehouse keeps them. */
export const WEB = idOf(SHOP, "rg-web", "vm-web-1");
export const BATCH = idOf(SHOP, "mc_shop_prod_westeurope", "aks-batch-31415926-vmss");
export const LAKE = idOf(DATA, "rg-production", "lake");
export const BASE = idOf(DATA, "rg-data", "db-1");

/** A line of the scene: what it costs, and whose it is. */
type Spent = Pick<Line, "date" | "cost" | "currency"> & { readonly resource: string };

/** Lines of May with all of Azure's digits, one of them of no resource, and one of April. */
export const ACTUAL: readonly Spent[] = [
  { resource: WEB, date: "2026-04-30", cost: "0.5", currency: "USD" },
  { resource: WEB, date: "2026-05-01", cost: "1.0000000000000000000000000001", currency: "USD" },
  { resource: WEB, date: "2026-05-15", cost: "20.25", currency: "USD" },
  { resource: WEB, date: "2026-05-15", cost: "-0.75", currency: "USD" },
  { resource: BATCH, date: "2026-05-02", cost: "300.125", currency: "EUR" },
  { resource: BATCH, date: "2026-05-20", cost: "99.9999999999999999999999999999", currency: "EUR" },
  { resource: LAKE, date: "2026-05-09", cost: "4", currency: "EUR" },
  { resource: LAKE, date: "2026-05-10", cost: "8.5", currency: "EUR" },
  { resource: BASE, date: "2026-05-03", cost: "7.77", currency: "USD" },
  { resource: "", date: "2026-05-04", cost: "100.01", currency: "USD" },
];
export const AMORTIZED: readonly Spent[] = [
  { resource: WEB, date: "2026-05-01", cost: "0.9", currency: "USD" },
  { resource: BASE, date: "2026-05-01", cost: "0.1", currency: "USD" },
];

/** Brings the costs of April and May of a few resources. */
export async function bringResources({ supplier }: Scene): Promise<void> {
  const contoso = await supplier("contoso");
  for (const month of ["2026-04", "2026-05"]) {
    await contoso.bring({ dataset: "actual", month, lines: linesOf(ACTUAL, month) });
  }
  await contoso.bring({ dataset: "amortized", month: "2026-05", lines: linesOf(AMORTIZED, "2026-05") });
}

/** The exact sum of lines that count; plain text. */
export function sumOf(spent: readonly Spent[], isCounted: (one: Spent) => boolean): string {
  return spent
    .filter(isCounted)
    .reduce((sum, { cost }) => sum.plus(cost ?? "no cost"), new Big(0))
    .toFixed();
}

/** A rule with everything but this as it usually is. */
export function aRule(id: string, rest: Partial<TrackingRule> & { readonly match: Match }): TrackingRule {
  const defaults = { priority: 100, name: id, targets: {}, validFrom: null, validTo: null, enabled: true };
  return { id, ...defaults, ...rest };
}

/** A condition. */
export function when(field: TrackingField, operator: TrackingOperator, value: string): Condition {
  return { field, operator, value };
}

/** Rules that win, lose in each way, never match, hold for some days only, or are disabled. */
export const RULES: readonly TrackingRule[] = [
  aRule("web", {
    priority: 10,
    match: when("last_segment", "prefix", "VM-Web"),
    targets: { owner: "web", env: "prod" },
  }),
  aRule("group", { priority: 20, match: when("resource_group", "equals", "RG-Web"), targets: { owner: "group" } }),
  aRule("7", { priority: 50, match: when("last_segment", "wildcard", "aks-*-vmss"), targets: { owner: "batch" } }),
  aRule("6", { priority: 50, match: when("resource_group", "prefix", "mc_"), targets: { owner: "platform" } }),
  aRule("8", {
    priority: 50,
    match: { all: [when("last_segment", "contains", "batch"), { not: when("tag:Env", "equals", "dev") }] },
    targets: { owner: "other" },
  }),
  aRule("lake", {
    match: when("resource_group", "contains", "rg-prod"),
    targets: { owner: "lake" },
    validFrom: parseDay("2026-05-10"),
  }),
  aRule("sea", {
    priority: 200,
    match: when("last_segment", "equals", "lake"),
    targets: { owner: "sea" },
    validFrom: parseDay("2026-05-10"),
  }),
  aRule("off", { match: when("last_segment", "equals", "db-1"), targets: { owner: "off" }, enabled: false }),
  shortRule("900", "nothing-like-it"),
];

/** The lines of a month, as a file has them. */
export function linesOf(spent: readonly Spent[], month: string): Line[] {
  return spent
    .filter(({ date }) => date?.startsWith(month))
    .map(({ resource, date = "", cost = "", currency = "" }) => {
      const [, , subscriptionId = SHOP, , resourceGroup = "", , , , resourceName = ""] = resource.split("/");
      const subscriptionName = subscriptionId === SHOP ? "Shop" : "Data";
      // Azure writes ids in any case; purchases have none.
      const resourceId = resource
        .replace("resourcegroups", "resourceGroups")
        .replace(/[^/]+$/, (name) => name.toUpperCase());
      return { date, cost, currency, subscriptionId, subscriptionName, resourceGroup, resourceId, resourceName };
    });
}

function idOf(subscription: string, group: string, name: string): string {
  return `/subscriptions/${subscription}/resourcegroups/${group}/providers/microsoft.compute/virtualmachines/${name}`;
}
