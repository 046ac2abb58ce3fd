import { COST_RELATIONS } from "../src/domain/cost-dimensions.ts";
import type { CostRelation } from "../src/domain/cost-dimensions.ts";
import type { Measure } from "../src/domain/cost-question.ts";
import type { CostMetric, CostRows } from "./cost-relation.ts";

/** The columns that one kind of cost is told by. */
type Columns = {
  readonly cost: string;
  readonly usd: string;
  /** In rollups, what the rows without a figure in USD cost. */
  readonly withoutUsd: string | null;
};

const ACTUAL: Columns = { cost: "c.cost_in_billing_currency", usd: "c.cost_in_usd", withoutUsd: "c.cost_without_usd" };
const AMORTIZED: Columns = {
  cost: "c.amortized_cost_in_billing_currency",
  usd: "c.amortized_cost_in_usd",
  withoutUsd: "c.amortized_cost_without_usd",
};
const LIST: Columns = { cost: "c.payg_cost_in_billing_currency", usd: "c.payg_cost_in_usd", withoutUsd: null };

/** The metrics that rows have to carry to count for these measures; none where every row counts. */
export function metricsOf(measures: readonly Measure[]): CostMetric[] {
  const isAmortized = measures.some((measure) => measure.startsWith("amortized"));
  const isActual =
    measures.some((measure) => measure.startsWith("actual")) ||
    (!isAmortized && measures.some((measure) => measure !== "entries"));
  return [...(isActual ? (["actual"] as const) : []), ...(isAmortized ? (["amortized"] as const) : [])];
}

/** The relations that a measure can be summed from. */
export function relationsOfMeasure(measure: Measure): readonly CostRelation[] {
  return measure.startsWith("list") || measure === "quantity" ? ["lines"] : COST_RELATIONS;
}

/** What is known of the billing currency of the rows of a sum: which it is, that it is one, or nothing. */
export type SumCurrency = { readonly is: string } | "one" | "any";

/**
 * A measure as a sum over rows of `c`, of which there is at least one; null where no row has it, so that nothing is not
 * shown as zero.
 */
export function sumOf(measure: Measure, metrics: readonly CostMetric[], rows: CostRows, currency: SumCurrency): string {
  if (measure === "entries") return rows.relation === "lines" ? "count()" : "sum(c.entries)";
  const figures = columnsOf(measure);
  if (currency !== "any" && metrics.length === 1 && rows.relation !== "lines" && figures.withoutUsd !== null) {
    // What depends on the currency only is decided once for the sum, which takes a third less time than for every row.
    const [usd, without] = [`sum(${figures.usd})`, `sum(${figures.withoutUsd})`];
    if (measure.endsWith("_not_in_usd")) return ifUsd(currency, "toDecimal256(0, 30)", without);
    if (measure.endsWith("_usd")) return ifUsd(currency, `ifNull(${usd}, 0) + ${without}`, usd);
  }
  const metric = measure.startsWith("amortized") || !metrics.includes("actual") ? "amortized" : "actual";
  const amount = amountOf(measure, rows.relation);
  if (metrics.length === 1) return `sum(${amount})`; // only rows that carry it are read
  return `sum(if(${rows.carries(metric)}, ${amount}, NULL))`;
}

/** The text of a currency stays out of the statement: people write it. */
function ifUsd(currency: { readonly is: string } | "one", isUsd: string, other: string): string {
  if (currency === "one") return `if(c.billing_currency = 'USD', ${isUsd}, ${other})`;
  return currency.is === "USD" ? isUsd : other;
}

function columnsOf(measure: Measure): Columns {
  if (measure.startsWith("list")) return LIST;
  return measure.startsWith("amortized") ? AMORTIZED : ACTUAL;
}

/** The USD figure of a line, by the same rule as that of a sum. */
export function usdOfLine(metric: CostMetric): string {
  return inUsd(metric === "actual" ? ACTUAL : AMORTIZED, "lines");
}

function amountOf(measure: Exclude<Measure, "entries">, relation: CostRelation): string {
  switch (measure) {
    case "actual":
      return ACTUAL.cost;
    case "amortized":
      return AMORTIZED.cost;
    case "list":
      return LIST.cost;
    case "quantity":
      return "c.quantity";
    case "actual_usd":
      return inUsd(ACTUAL, relation);
    case "amortized_usd":
      return inUsd(AMORTIZED, relation);
    case "list_usd":
      return inUsd(LIST, relation);
    case "actual_not_in_usd":
      return notInUsd(ACTUAL, relation);
    case "amortized_not_in_usd":
      return notInUsd(AMORTIZED, relation);
    case "list_not_in_usd":
      return notInUsd(LIST, relation);
  }
}

/** The file's own figure; where it has none and is billed in USD, what is billed. */
function inUsd({ cost, usd, withoutUsd }: Columns, relation: CostRelation): string {
  if (relation === "lines") return `if(${usd} IS NULL AND c.billing_currency = 'USD', ${cost}, ${usd})`;
  return `if(c.billing_currency = 'USD', ifNull(${usd}, 0) + ${withoutUsd}, ${usd})`;
}

/** What is billed in another currency and has no figure in USD. */
function notInUsd({ cost, usd, withoutUsd }: Columns, relation: CostRelation): string {
  if (relation === "lines") return `if(${usd} IS NULL AND c.billing_currency != 'USD', ${cost}, 0)`;
  return `if(c.billing_currency = 'USD', 0, ${withoutUsd})`;
}
