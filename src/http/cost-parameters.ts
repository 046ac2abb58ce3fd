import { z } from "zod";
import type { CostSet } from "../../clickhouse/cost-relation.ts";
import { parseGrouping, targetsOf } from "../domain/cost-dimensions.ts";
import type { Grouping } from "../domain/cost-dimensions.ts";
import { FILTER_OPS, parseCostFilter, targetsOfFilter } from "../domain/cost-filter.ts";
import type { CostFilter } from "../domain/cost-filter.ts";
import { parseFilterLine } from "../domain/cost-filter-line.ts";
import type { OrderKey } from "../domain/cost-question.ts";
import { parseBounds, parseMoment, parseWindow } from "../domain/cost-window.ts";
import type { TimeWindow } from "../domain/cost-window.ts";
import { InvalidParameterError, InvalidRequestError } from "../domain/errors.ts";
import { parseDay } from "../domain/month.ts";
import type { AskedTarget } from "./cost-rows.ts";
import { FORMAT_NAMES } from "./formats.ts";

const MOST_ROWS = 1_000_000_000;

const MOST_CHARACTERS = 16_000; // of a list: its names travel in a URL to ClickHouse

const listOfAtLeast = (least: number, description: string) => {
  const error = `Expected one text or a list of ${least} to 100, of at most ${MOST_CHARACTERS} characters in all`;
  return z
    .union([z.string(), z.array(z.string()).min(least).max(100)], { error })
    .refine((values) => listOf(values).join("").length <= MOST_CHARACTERS, { error })
    .optional()
    .meta({ description });
};
const list = (description: string) => listOfAtLeast(0, description);
/** A list that says what is asked for, so that none would ask for nothing. */
const someOf = (description: string) => listOfAtLeast(1, description);
const text = (description: string) => z.string().max(8_192).optional().meta({ description });
const count = (description: string, most: number) => {
  const error = `Expected a whole number from 1 to ${most}`;
  const isInRange = (value: string | number) => /^[1-9]\d{0,9}$/.test(String(value)) && Number(value) <= most;
  return z
    .union([z.number({ error }), z.string({ error })], { error })
    .refine(isInRange, { error })
    .optional()
    .meta({ description });
};

/** What all questions of rows have in common; a list may be one value. */
const COMMON = {
  from: text("First day, such as 2026-05-01."),
  to: text("The day behind the last one."),
  window: text(
    "Instead of from and to: 7d (any number of days, with today), month, lastmonth, mtd, ytd, or a month like 2026-05.",
  ),
  asOf: text("A moment, such as 2026-05-20T08:00:00Z: answers as it was answered then."),
  order: list(
    "Columns of the answer to order by, such as period; with a minus in front from the greatest down: -actual.",
  ),
  limit: count("How many rows at most.", MOST_ROWS),
  cursor: z.string().max(1_024).optional().meta({
    description: "`next` of the page before; all other parameters stay as they were.",
  }),
  format: z
    .enum(FORMAT_NAMES)
    .optional()
    .meta({ description: "How the answer is written; the Accept header says it as well." }),
};
const FILTER_LINE = text(
  "Which costs count, in one line: `meter_category = 'Storage' and (tag:env in ('prod', 'dev') or not resource_group prefix 'rg-')`.",
);
const FILTER_TREE = z
  .unknown()
  .optional()
  .meta({
    description: `Which costs count: {"and": […]}, {"or": […]}, {"not": …} over {"dimension", "op", "values"}; op is one of ${FILTER_OPS.join(", ")}.`,
  });

/** Parameters of /v1/costs, in a URL. */
const COSTS = {
  ...COMMON,
  granularity: z
    .enum(["none", "day", "week", "month", "quarter", "year"])
    .optional()
    .meta({ description: "How long each period is." }),
  metric: someOf("actual (the default), amortized, list or quantity; several give a column each."),
  currency: z
    .enum(["billing", "usd"])
    .optional()
    .meta({ description: "Amounts in billing currency (the default), or in USD." }),
  groupBy: list("Dimensions, tag:<key> or tracking:<target>; any number of them."),
  top: count("Only so many groups, the dearest; the rest is added up as `other`.", 10_000),
  compareTo: z.enum(["previous", "year"]).optional().meta({
    description: "Adds the figures of the time before, or of a year before, and the change.",
  }),
};
const ENTRIES = {
  ...COMMON,
  metric: z.enum(["actual", "amortized"]).optional().meta({ description: "Only the lines that carry this cost." }),
  columns: someOf("Columns of the lines, tag:<key> or tracking:<target>, in their order."),
};

/** The query string of GET /v1/costs. */
export const CostsQuery = z.strictObject({ ...COSTS, filter: FILTER_LINE });
/** The body of POST /v1/costs. */
export const CostsBody = z.strictObject({ ...COSTS, filter: FILTER_TREE });
/** The query string of GET /v1/cost-entries. */
export const EntriesQuery = z.strictObject({ ...ENTRIES, filter: FILTER_LINE });
/** The body of POST /v1/cost-entries. */
export const EntriesBody = z.strictObject({ ...ENTRIES, filter: FILTER_TREE });

/** The query string of /v1/dimensions/{dimension}/values. */
export const ValuesQuery = z
  .strictObject({ ...COMMON, search: text("Text that values contain, compared without case."), filter: FILTER_LINE })
  .omit({ order: true });

/** What every question of rows says of time. */
export type TimeParameters = Pick<z.infer<typeof CostsQuery>, "from" | "to" | "window" | "asOf">;

/** A set to render a question for that is only to be looked at. */
export const ANY_SET: CostSet = { asOf: "1970-01-01 00:00:00.000000" };

/** Does what may throw an InvalidRequestError; throws an InvalidParameterError that names the parameter instead. */
export function forParameter<T>(parameter: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidRequestError) || error instanceof InvalidParameterError) throw error;
    throw new InvalidParameterError(parameter, `${parameter}: ${error.message}`, { cause: error });
  }
}

/** The asked time: from and to, or a window seen from today. */
export function timeOf({ from, to, window }: TimeParameters, now: Date): TimeWindow {
  if (window !== undefined) {
    if (from !== undefined || to !== undefined) {
      throw new InvalidParameterError("window", "window: it says what from and to say. Give either.");
    }
    return forParameter("window", () => parseWindow(window, parseDay(now.toISOString().slice(0, 10))));
  }
  if (from !== undefined) forParameter("from", () => parseDay(from));
  if (to !== undefined) forParameter("to", () => parseDay(to));
  return forParameter("to", () => parseBounds(from ?? null, to ?? null));
}

/** The asked time as it was written: `7d` is the same question tomorrow. */
export function writtenTimeOf({ from, to, window }: TimeParameters): readonly (string | null)[] {
  return [from ?? null, to ?? null, window ?? null];
}

/** The moment that is asked for; null for now. */
export function momentOf({ asOf }: TimeParameters): string | null {
  return asOf === undefined ? null : forParameter("asOf", () => parseMoment(asOf));
}

/** The filter of a URL: a line. */
export function filterOfLine({ filter }: { readonly filter?: string | undefined }): CostFilter | null {
  return filter === undefined ? null : forParameter("filter", () => parseFilterLine(filter));
}

/** The filter of a body: a tree. */
export function filterOfTree({ filter }: { readonly filter?: unknown }): CostFilter | null {
  return filter === undefined || filter === null ? null : forParameter("filter", () => parseCostFilter(filter));
}

/** The tracking targets that some groupings, in the parameter of a name, and a filter speak of; null for none. */
export function targetsAsked(
  parameter: string,
  groupings: readonly Grouping[],
  filter: CostFilter | null,
): readonly AskedTarget[] | null {
  const asked = [
    ...targetsOf(groupings).map((target) => ({ parameter, target })),
    ...(filter === null ? [] : targetsOfFilter(filter).map((target) => ({ parameter: "filter", target }))),
  ];
  return asked.length === 0 ? null : asked;
}

/** What rows are grouped by; each only once. */
export function groupingsOf(groupBy: string | readonly string[] | undefined): Grouping[] {
  const names = listOf(groupBy);
  requireOnce("groupBy", names);
  return names.map((name) => forParameter("groupBy", () => parseGrouping(name)));
}

/** The order, by some of the columns. */
export function orderOf(order: string | readonly string[] | undefined, columns: readonly string[]): OrderKey[] {
  const keys = listOf(order).map((key) => ({ by: key.replace(/^-/, ""), descending: key.startsWith("-") }));
  for (const { by } of keys) requireOneOf("order", by, columns);
  requireOnce(
    "order",
    keys.map(({ by }) => by),
  );
  return keys;
}

/** One or several values as a list. */
export function listOf(values: string | readonly string[] | undefined): readonly string[] {
  return typeof values === "string" ? [values] : (values ?? []);
}

/** Throws InvalidParameterError unless the value is one of those. */
export function requireOneOf<T extends string>(parameter: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  throw new InvalidParameterError(parameter, `${parameter}: ${shown} is unknown. Use ${allowed.join(", ")}.`);
}

/** Throws InvalidParameterError where a value is given twice. */
export function requireOnce(parameter: string, values: readonly string[]): void {
  const twice = values.find((value, at) => values.indexOf(value) !== at);
  if (twice === undefined) return;
  throw new InvalidParameterError(parameter, `${parameter}: ${JSON.stringify(twice)} is there twice. Give it once.`);
}
