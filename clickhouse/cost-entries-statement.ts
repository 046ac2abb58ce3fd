import { CANONICAL_COLUMNS } from "../src/domain/columns.ts";
import { parseGrouping, shown } from "../src/domain/cost-dimensions.ts";
import { targetsOfFilter } from "../src/domain/cost-filter.ts";
import type { EntriesQuestion } from "../src/domain/cost-question.ts";
import { InvalidRequestError } from "../src/domain/errors.ts";
import { pageClause, selectList, totalOrder } from "./answer-columns.ts";
import { createParameters } from "./bound-parameters.ts";
import type { BoundParameters } from "./bound-parameters.ts";
import { conditionOf } from "./cost-condition.ts";
import { groupingExpression } from "./cost-grouping.ts";
import { usdOfLine } from "./cost-measures.ts";
import { rowsOf, timeConditions } from "./cost-relation.ts";
import type { CostMetric, CostRows, CostSet } from "./cost-relation.ts";
import type { CostStatement } from "./cost-statement.ts";
import type { TrackingSet } from "./tracking-set.ts";

/** Columns that lines have besides those of files. */
const OWN_COLUMNS = ["load_id", "line", "source", "dataset", "billing_month", "tags_text", "extra"];
/** Figures of a line by the rules of the measures of the same names. */
const FIGURES = ["actual_usd", "amortized_usd"];
const COSTS: Readonly<Record<string, CostMetric>> = {
  cost_in_billing_currency: "actual",
  cost_in_usd: "actual",
  cost_with_tax: "actual",
  amortized_cost_in_billing_currency: "amortized",
  amortized_cost_in_usd: "amortized",
};
/** What tells any two lines apart, in the order in which the table has them: its first pages need no sorting. */
const UNIQUE = ["load_id", "resource_id", "date", "line", "meter_id", "charge_type", "cost_in_billing_currency"];

/** The columns that lines can be asked for, in the order of the table. */
export const ENTRY_COLUMNS: readonly string[] = [
  ...OWN_COLUMNS.slice(0, 5),
  ...CANONICAL_COLUMNS.map(({ name }) => name),
  ...OWN_COLUMNS.slice(5),
  ...FIGURES,
];

/** Those of some columns of lines that are exact decimals. */
export function decimalColumns(columns: readonly string[]): string[] {
  const decimals = CANONICAL_COLUMNS.filter(({ kind }) => kind === "cost" || kind === "decimal").map(
    ({ name }) => name,
  );
  return columns.filter((name) => decimals.includes(name) || FIGURES.includes(name));
}

/**
 * The statement that answers with lines from one set of publications. A cost is null where the line does not carry it.
 * Throws InvalidRequestError for columns that there are not, and for tracking targets where no set of rules is given.
 */
export function renderCostEntries(
  question: EntriesQuestion,
  set: CostSet,
  tracking: TrackingSet | null = null,
): CostStatement {
  const parameters = createParameters();
  const { columns, metric, filter, time } = question;
  const joined = isTracked(question) ? tracking : null;
  const rows = rowsOf("lines", question.asOf === null ? set : { asOf: question.asOf }, parameters, joined);
  const expression = (name: string) => lineExpression(name, rows, parameters, tracking);
  const where = [
    ...rows.where,
    ...timeConditions(rows, time, parameters),
    ...(metric === null ? [] : [rows.carries(metric)]),
    ...(filter === null ? [] : [conditionOf(filter, usdOfLine(metric ?? "actual"), parameters, tracking)]),
  ];
  const selected = columns.map((name) => ({ name, expression: expression(name) }));
  const order = orderOf(question, expression);
  const sql = [
    `${rows.head}SELECT`,
    selectList(selected, {}, parameters),
    `FROM ${rows.from}`,
    ...(where.length === 0 ? [] : [`WHERE ${where.join("\n    AND ")}`]),
    ...(order === "" ? [] : [`ORDER BY ${order}`]),
  ].join("\n");
  return { sql: `${sql}${pageClause(question, parameters)}`, parameters: parameters.values() };
}

function lineExpression(
  name: string,
  rows: CostRows,
  parameters: BoundParameters,
  tracking: TrackingSet | null,
): string {
  if (isGrouping(name)) return groupingExpression(parseGrouping(name), parameters, tracking);
  if (name === "actual_usd" || name === "amortized_usd") {
    const metric = name === "actual_usd" ? "actual" : "amortized";
    return carriedOnly(usdOfLine(metric), metric, rows);
  }
  if (!ENTRY_COLUMNS.includes(name)) {
    throw new InvalidRequestError(
      `Lines have no column ${shown(name)}. They have ${ENTRY_COLUMNS.join(", ")}, tag:<key> and tracking:<target>.`,
    );
  }
  const metric = COSTS[name];
  return metric === undefined ? `c.${name}` : carriedOnly(`c.${name}`, metric, rows);
}

/** What lines are told of as costs are grouped by it. */
function isGrouping(name: string): boolean {
  return /^(?:tag|tracking):/.test(name) || name === "resource_name";
}

function isTracked({ columns, order, filter }: EntriesQuestion): boolean {
  const names = [...columns, ...order.map(({ by }) => by)];
  return names.some((name) => name.startsWith("tracking:")) || (filter !== null && targetsOfFilter(filter).length > 0);
}

/** In the tables every line has all costs, also those that its file does not tell. */
function carriedOnly(amount: string, metric: CostMetric, rows: CostRows): string {
  return rows.isNulled ? amount : `if(${rows.carries(metric)}, ${amount}, NULL)`;
}

function orderOf({ order, limit, offset }: EntriesQuestion, expression: (name: string) => string): string {
  if (order.length === 0 && limit === null && offset === 0) return "";
  return totalOrder(order, UNIQUE)
    .map(({ by, descending }) => `${expression(by)}${descending ? " DESC" : ""} NULLS LAST`)
    .join(", ");
}
