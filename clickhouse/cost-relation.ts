import type { CostRelation } from "../src/domain/cost-dimensions.ts";
import { parseMoment } from "../src/domain/cost-window.ts";
import type { TimeWindow } from "../src/domain/cost-window.ts";
import type { BoundParameters } from "./bound-parameters.ts";
import { trackingJoin } from "./cost-tracking.ts";
import type { TrackingSet } from "./tracking-set.ts";
import { SET_MOVED } from "./visible-set.ts";
import type { VisibleSet } from "./visible-set.ts";

/** What an answer is computed from: the current publications, or those of a moment. */
export type CostSet = VisibleSet | { readonly asOf: string };

/** Where a statement reads from. Its columns are those of `c`. */
export type CostRows = {
  readonly relation: CostRelation;
  /** What comes before SELECT; with a line break, or nothing. */
  readonly head: string;
  readonly from: string;
  /** Conditions that narrow it to what answers now, and refuse when that moved. */
  readonly where: readonly string[];
  /** Whether a row carries a metric. */
  readonly carries: (metric: CostMetric) => string;
  /** Whether amounts of a metric are null in rows that do not carry it. */
  readonly isNulled: boolean;
  /** The column whose periods are told: `c.date`, or the month where there is no day. */
  readonly day: string;
  /** Whether every date is in its billing month. */
  readonly datesFollowMonths: boolean;
};

/** Which cost a row carries. */
export type CostMetric = "actual" | "amortized";

const TABLES = {
  summary: "summary_costs",
  monthly: "monthly_costs",
  location: "location_costs",
  resource: "resource_month_costs",
  daily: "daily_costs",
  lines: "cost_entries",
} as const;
const VIEWS = {
  summary: "costs_summary",
  monthly: "costs_monthly",
  location: "costs_by_location",
  resource: "costs_by_resource_month",
  daily: "costs_daily",
  lines: "costs",
} as const;
const CARRIED = {
  actual: "c.dataset != 'amortized'",
  amortized: "c.dataset NOT IN ('actual', 'usage')",
} as const;
const CARRIED_IN_VIEW = {
  actual: "c.cost_in_billing_currency IS NOT NULL",
  amortized: "c.amortized_cost_in_billing_currency IS NOT NULL",
} as const;

/**
 * The rows of a relation; with a set of rules they are joined with those of their resources, and each stays one row.
 * Where no day is silent the table is read, which is faster to plan than the view and says the same; what is visible is
 * asked for in the same breath as whether it is still what the caller saw.
 */
export function rowsOf(
  relation: CostRelation,
  set: CostSet,
  parameters: BoundParameters,
  tracking: TrackingSet | null = null,
): CostRows {
  const rows = untracked(relation, set, parameters);
  return tracking === null ? rows : { ...rows, from: `${rows.from}${trackingJoin(tracking, parameters)}` };
}

function untracked(relation: CostRelation, set: CostSet, parameters: BoundParameters): CostRows {
  const day = hasDays(relation) ? "c.date" : "c.billing_month";
  if ("asOf" in set) {
    const moment = momentOf(set.asOf, parameters);
    return {
      ...viewed(relation, day),
      from: `${VIEWS[relation]}_as_of(moment = ${moment}) AS c`,
      where: [],
      datesFollowMonths: false,
    };
  }
  if (set.hasSilence) {
    return {
      ...viewed(relation, day),
      from: `${VIEWS[relation]} AS c`,
      where: [isStill(set, parameters)],
      datesFollowMonths: set.datesFollowMonths,
    };
  }
  return {
    relation,
    ...visibleRows(set, parameters),
    from: `${TABLES[relation]} AS c`,
    carries: (metric) => CARRIED[metric],
    isNulled: false,
    day,
    datesFollowMonths: set.datesFollowMonths,
  };
}

/** Which rows of a table answer now: those of loads that are named, or of those that are found and refused when they moved. */
function visibleRows(set: VisibleSet, parameters: BoundParameters): Pick<CostRows, "head" | "where"> {
  if (set.isCheckedAfter === true && set.loadIds !== null) {
    return { head: "", where: [`c.load_id IN (${parameters.bind(set.loadIds, "Array(UUID)")})`] };
  }
  const seen = parameters.bind(set.seen, "UInt64");
  const found = `(throwIf(max(seen) != ${seen}, '${SET_MOVED}'), argMax(load_ids, visible_loads.seen))`;
  return { head: `WITH (SELECT ${found} FROM visible_loads) AS visible\n`, where: ["c.load_id IN (visible.2)"] };
}

/** The conditions that keep the rows of a window; partitions are of billing months, so these are bounded where they can be. */
export function timeConditions(rows: CostRows, { from, to }: TimeWindow, parameters: BoundParameters): string[] {
  const start = from === null ? null : parameters.bind(from, "Date");
  const end = to === null ? null : parameters.bind(to, "Date");
  const isBounded = rows.datesFollowMonths && hasDays(rows.relation);
  return [
    ...(start === null ? [] : [`${rows.day} >= ${start}`]),
    ...(end === null ? [] : [`${rows.day} < ${end}`]),
    ...(start === null || !isBounded ? [] : [`c.billing_month >= toStartOfMonth(${start})`]),
    ...(end === null || !isBounded ? [] : [`c.billing_month < ${end}`]),
  ];
}

/** Whether rows of a relation have a day, not only a billing month. */
function hasDays(relation: CostRelation): boolean {
  return relation === "daily" || relation === "lines";
}

function viewed(relation: CostRelation, day: string): Omit<CostRows, "from" | "where" | "datesFollowMonths"> {
  return { relation, head: "", carries: (metric) => CARRIED_IN_VIEW[metric], isNulled: true, day };
}

/** In the words of the views, which ClickHouse answers once in a query: what is compared is what the view shows. */
function isStill(set: VisibleSet, parameters: BoundParameters): string {
  const visible = "(SELECT argMax((moment, load_ids, silent_actual, silent_amortized), seen) FROM visible_loads)";
  return `(SELECT throwIf(${visible}.1 != ${momentOf(set.moment, parameters)}, '${SET_MOVED}')) = 0`;
}

function momentOf(text: string, parameters: BoundParameters): string {
  return parameters.bind(parseMoment(text), "DateTime64(6, 'UTC')");
}
