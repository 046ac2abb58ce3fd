import { groupingText } from "./cost-dimensions.ts";
import type { Grouping } from "./cost-dimensions.ts";
import type { CostFilter } from "./cost-filter.ts";
import type { TimeWindow } from "./cost-window.ts";
import { InvalidRequestError } from "./errors.ts";

/**
 * The figures that can be asked for. Amounts are in the billing currency unless their name says USD; `…_not_in_usd` is
 * how much of the billing currency has no figure in USD. List prices and quantities are those of the actual lines, and of
 * the amortized lines where only amortized figures are asked for with them. `entries` counts the lines.
 */
export const MEASURES = [
  "actual",
  "amortized",
  "list",
  "quantity",
  "actual_usd",
  "amortized_usd",
  "list_usd",
  "actual_not_in_usd",
  "amortized_not_in_usd",
  "list_not_in_usd",
  "entries",
] as const;

/** One of the figures that can be asked for. */
export type Measure = (typeof MEASURES)[number];

/** How long each period of an answer is; `none` is the whole time in one. */
export type Granularity = "none" | "day" | "week" | "month" | "quarter" | "year";

/** One key of the order of an answer: a column of it. */
export type OrderKey = { readonly by: string; readonly descending: boolean };

/** A question about costs whose answer is sums. */
export type CostQuestion = {
  readonly time: TimeWindow;
  readonly granularity: Granularity;
  readonly groupBy: readonly Grouping[];
  readonly measures: readonly Measure[];
  readonly filter: CostFilter | null;
  /** A moment as `parseMoment` gives it; null for now. */
  readonly asOf: string | null;
  /** Only this many groups, by the first measure; the rest is added up as `other`. */
  readonly top: number | null;
  readonly compareTo: "previous" | "year" | null;
  /** Completed to a total order, so that pages of an answer fit each other. */
  readonly order: readonly OrderKey[];
  /** Said where a statement around this one orders. */
  readonly isUnordered?: boolean;
  readonly limit: number | null;
  readonly offset: number;
  /** Other names for columns of the answer, given by our own routes. */
  readonly aliases?: Readonly<Record<string, string>>;
};

/** A question about costs whose answer is lines. */
export type EntriesQuestion = {
  readonly time: TimeWindow;
  readonly columns: readonly string[];
  /** Only the lines that carry this figure; null for all. */
  readonly metric: "actual" | "amortized" | null;
  readonly filter: CostFilter | null;
  /** A moment as `parseMoment` gives it; null for now. */
  readonly asOf: string | null;
  /** Completed to a total order where a limit is given; without both, lines come as they lie. */
  readonly order: readonly OrderKey[];
  readonly limit: number | null;
  readonly offset: number;
};

/** A question that asks for the actual costs of all time in one row; the start of every other. */
export const COST_QUESTION: CostQuestion = {
  time: { from: null, to: null },
  granularity: "none",
  groupBy: [],
  measures: ["actual"],
  filter: null,
  asOf: null,
  top: null,
  compareTo: null,
  order: [],
  limit: null,
  offset: 0,
};

/** The columns of a question's answer, in their order and before aliases. */
export function columnsOf(question: CostQuestion): string[] {
  const compared =
    question.compareTo === null ? [] : question.measures.flatMap((name) => [`${name}_before`, `${name}_change`]);
  return [
    ...(question.granularity === "none" ? [] : ["period"]),
    ...question.groupBy.map(groupingText),
    ...impliedGroupings(question),
    ...(question.top === null ? [] : ["is_other"]),
    ...question.measures,
    ...compared,
  ];
}

/** What an answer is grouped by without being asked: amounts of different currencies or units are never added up. */
export function impliedGroupings({ measures, groupBy }: CostQuestion): string[] {
  const implied: string[] = [];
  if (measures.some(isInBillingCurrency)) implied.push("billing_currency");
  if (measures.includes("quantity")) implied.push("unit_of_measure");
  return implied.filter((name) => !groupBy.some((grouping) => groupingText(grouping) === name));
}

/** Whether a measure is an amount in the billing currency. */
function isInBillingCurrency(measure: Measure): boolean {
  return (
    measure !== "quantity" && measure !== "entries" && (!measure.endsWith("_usd") || measure.endsWith("_not_in_usd"))
  );
}

/** Throws InvalidRequestError where a question asks for what cannot be told together. */
export function requireSense(question: CostQuestion): void {
  const { groupBy, measures, compareTo, top } = question;
  const names = groupBy.map(groupingText);
  const twice = [...names, ...measures].find((name, index, all) => all.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new InvalidRequestError(`${JSON.stringify(twice.slice(0, 80))} is asked for twice. Ask for it once.`);
  }
  if (measures.length === 0) throw new InvalidRequestError("No measure is asked for. Ask for actual, for example.");
  const day = names.find((name) => name === "date" || name === "billing_month");
  if (compareTo !== null && day !== undefined) {
    throw new InvalidRequestError(`With compareTo, ${day} of the one is not that of the other. Use a granularity.`);
  }
  const apart = impliedGroupings({ ...question, groupBy: [] });
  if (top !== null && names.every((name) => apart.includes(name))) {
    throw new InvalidRequestError("top needs something to choose from. Add groupBy.");
  }
}
