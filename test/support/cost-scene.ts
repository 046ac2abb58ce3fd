import Big from "big.js";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { createVisibleSets } from "../../clickhouse/visible-set.ts";
import type { VisibleSet } from "../../clickhouse/visible-set.ts";
import { renderCosts } from "../../clickhouse/cost-statement.ts";
import type { CostSet } from "../../clickhouse/cost-relation.ts";
import { parseGrouping } from "../../src/domain/cost-dimensions.ts";
import type { Grouping } from "../../src/domain/cost-dimensions.ts";
import { COST_QUESTION } from "../../src/domain/cost-question.ts";
import type { CostQuestion } from "../../src/domain/cost-question.ts";
import type { Line } from "./exports.ts";
import type { Scene } from "./scene.ts";
import { lastMoment } from "./totals.ts";

/** Subscriptions of the costs below. */
export const WEB = "1caaa5a3-2b66-438e-8ab4-bce37d518c5d";
export const SHOP = "2dbbb5a3-2b66-438e-8ab4-bce37d518c5d";
export const LAKE = "3dccc5a3-2b66-438e-8ab4-bce37d518c5d";
export const GLOBEX = "4eddd5a3-2b66-438e-8ab4-bce37d518c5d";

const STORAGE = { meterCategory: "Storage", meterName: "Hot LRS", serviceFamily: "Storage", unitOfMeasure: "1 GB" };
const SHOP_LINE = {
  subscriptionId: SHOP,
  subscriptionName: "Shop",
  resourceGroup: "RG-Shop",
  resourceLocation: "NorthEurope",
  tags: '"Env": "dev", "cost center": "4711"',
};
const SHOP_STORAGE = { ...SHOP_LINE, ...STORAGE, tags: "" };

/**
 * Costs of April to June 2026: a file of two currencies without USD, actual and amortized; one in euro with USD figures;
 * one that carries both costs. Digits go as far as Azure's.
 */
export async function bringCosts({ supplier }: Scene): Promise<void> {
  const contoso = await supplier("contoso");
  await contoso.bring({ dataset: "actual", month: "2026-04", lines: MAY.map((line) => onDay(line, "2026-04", "0.5")) });
  await contoso.bring({ dataset: "actual", month: "2026-05", lines: MAY });
  await contoso.bring({
    dataset: "actual",
    month: "2026-06",
    lines: MAY.map((line) => onDay(line, "2026-06", "2.25")),
  });
  await contoso.bring({
    dataset: "amortized",
    month: "2026-05",
    lines: [...MAY, { date: "2026-05-09", cost: "7.77", chargeType: "UnusedReservation", currency: "EUR" }],
  });
  const fabrikam = await supplier("fabrikam");
  await fabrikam.bring({
    dataset: "actual",
    columns: "mca-2023-12-01-preview",
    month: "2026-05",
    lines: [
      { date: "2026-05-02", cost: "10", currency: "EUR", usdRate: "1.1", subscriptionId: LAKE, billingAccountId: "77" },
      { date: "2026-05-20", cost: "3.3", currency: "EUR", costInUsd: "", subscriptionId: LAKE, billingAccountId: "77" },
    ],
  });
  const globex = await supplier("globex");
  await globex.bring({
    dataset: "focus",
    month: "2026-05",
    lines: [
      { date: "2026-05-03", cost: "8", effectiveCost: "6.5", subscriptionId: GLOBEX, billingAccountId: "88" },
      { date: "2026-05-30", cost: "-1.5", effectiveCost: "0", subscriptionId: GLOBEX, billingAccountId: "88" },
    ],
  });
}

/** A second source that delivers some days of what is there already, so that some of either stay silent. */
export async function bringOverlap({ supplier }: Scene): Promise<void> {
  const spare = await supplier("spare", { priority: 900 });
  await spare.bring({
    dataset: "actual",
    month: "2026-05",
    lines: [
      { date: "2026-05-01", cost: "4000", currency: "USD" },
      { date: "2026-05-25", cost: "50000", currency: "USD" },
      { date: "2026-05-03", cost: "600000", subscriptionId: GLOBEX, billingAccountId: "88" },
    ],
  });
}

/** How a question reads its answer: of which set. */
export type Way = "table" | "view" | "as of";

/** A set that makes a statement read in one way; the tables answer right only where nothing is silent. */
export async function setOf(warehouse: Warehouse, way: Way): Promise<CostSet> {
  if (way === "as of") return { asOf: await lastMoment(warehouse) };
  return { ...(await currentSet(warehouse)), hasSilence: way === "view" };
}

/** The set that answers now. */
export async function currentSet(warehouse: Warehouse): Promise<VisibleSet> {
  return createVisibleSets(warehouse).current();
}

/** A row of an answer; amounts are text. */
export const CostRow = z.record(z.string(), z.union([z.string(), z.boolean(), z.null()]));
export type CostRow = z.infer<typeof CostRow>;

/** A question with everything but this as it usually is. */
export function aQuestion(asked: Partial<CostQuestion>): CostQuestion {
  return { ...COST_QUESTION, ...asked };
}

/** The rows that answer a question, of what is current now unless another set is given. */
export async function ask(warehouse: Warehouse, asked: Partial<CostQuestion>, set?: CostSet): Promise<CostRow[]> {
  const { sql, parameters } = renderCosts(aQuestion(asked), set ?? (await currentSet(warehouse)));
  return z.array(CostRow).parse(await warehouse.rows(sql, parameters));
}

/** Groupings by their text. */
export function by(...texts: readonly string[]): Grouping[] {
  return texts.map(parseGrouping);
}

/** Amounts of some rows added up, exactly; plain text. */
export function exactTotal(rows: readonly CostRow[], column: string): string {
  return rows.reduce((sum, row) => sum.plus(String(row[column] ?? 0)), new Big(0)).toFixed();
}

const MAY: readonly Line[] = [
  { date: "2026-05-01", cost: "1.0000000000000000000000000001", currency: "USD" },
  { date: "2026-05-01", cost: "20.25", currency: "USD", ...SHOP_LINE },
  { date: "2026-05-15", cost: "300.125", currency: "EUR", ...SHOP_STORAGE },
  { date: "2026-05-28", cost: "-0.875", currency: "USD", chargeType: "Refund", ...SHOP_STORAGE },
  { date: "2026-05-28", cost: "4", currency: "EUR", pricingModel: "Reservation" },
];

function onDay(line: Line, month: string, cost: string): Line {
  return { ...line, date: `${month}-${(line.date ?? "").slice(8)}`, cost };
}
