import { z } from "zod";
import type { CostFilter } from "../domain/cost-filter.ts";
import type { TimeWindow } from "../domain/cost-window.ts";
import { InvalidParameterError } from "../domain/errors.ts";
import { HttpError } from "./errors.ts";
import { addDays, isDay, parseDay } from "../domain/month.ts";

/** A parameter that may come several times: any of its values fits. */
const anyOf = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat())
  .optional();

const once = z.string({ error: "Give it once." });
const oneDay = once.refine(isDay, "Expected a day like 2026-05-27.").optional();
const amount = once.regex(/^-?\d{1,40}(\.\d{1,30})?$/, "Expected a number like 12.5.").optional();

/** The names of `/api/` and the dimensions that they stand for. */
const DIMENSIONS = {
  subscription_id: "subscription_id",
  subscription_name: "subscription_name",
  resource_group: "resource_group",
  resource_group_name: "resource_group",
  location: "resource_location",
  resource_location: "resource_location",
  meter_category: "meter_category",
  meter_subcategory: "meter_sub_category",
  meter_sub_category: "meter_sub_category",
  service_family: "service_family",
  pricing_model: "pricing_model",
  publisher_name: "publisher_name",
  charge_type: "charge_type",
  cost_center: "cost_center",
  resource_name: "resource_name",
  source_id: "source",
} as const;

/** The names that only the list of cost entries knows. */
const CAMEL_CASE = {
  resourceGroupName: "resource_group",
  subscriptionName: "subscription_name",
  meterCategory: "meter_category",
  meterSubCategory: "meter_sub_category",
  serviceFamily: "service_family",
  resourceLocation: "resource_location",
  chargeType: "charge_type",
  pricingModel: "pricing_model",
  publisherName: "publisher_name",
  costCenter: "cost_center",
} as const;

const days = anyOf.refine((values) => values === undefined || values.every(isDay), "Expected a day like 2026-05-27.");
const shared = {
  ...shapeOf(DIMENSIONS),
  date_from: oneDay.describe("First day"),
  date_to: oneDay.describe("Last day, included"),
  min_cost: amount.describe("Least cost of a line in USD"),
  max_cost: amount.describe("Greatest cost of a line in USD"),
  tag_key: anyOf.describe("Tag that a line has"),
  tag_value: anyOf.describe("Value of that tag"),
};

/** The filters of every summary. Their `date` is read by `parseCosts`, whose answer to a bad one is known to callers. */
export const costFilters = { ...shared, date: anyOf.describe("Day of the costs, such as 2026-05-27") };

/** The filters of the list of cost entries. */
export const entryFilters = {
  ...shared,
  date: days.describe("Day of the costs, such as 2026-05-27"),
  ...shapeOf(CAMEL_CASE),
  tags: anyOf.describe('Tags that a line has, as JSON: {"env":"prod"}'),
};

/** The filters of a request, as its schema lets them through. */
export type CostQuery = z.infer<z.ZodObject<typeof costFilters>> | z.infer<z.ZodObject<typeof entryFilters>>;

/** Which costs a request asks for. */
export type AskedCosts = { readonly time: TimeWindow; readonly filter: CostFilter | null };

/** Reads the filters of a request; throws InvalidParameterError for what they cannot mean together. */
export function parseCosts(query: CostQuery): AskedCosts {
  const { date_from: from, date_to: to, min_cost: min, max_cost: max, tag_key: keys, tag_value: values } = query;
  const filters: CostFilter[] = [];
  for (const [name, dimension] of Object.entries({ ...DIMENSIONS, ...CAMEL_CASE })) {
    const wanted = valuesOf(query, name);
    if (wanted !== undefined) filters.push({ dimension, op: "in", values: wanted });
  }
  if (values !== undefined && keys === undefined) {
    throw new InvalidParameterError("tag_value", "A tag_value needs the tag_key that it belongs to.");
  }
  if (keys !== undefined) filters.push({ or: keys.map((key) => tagFilter(key, values)) });
  if ("tags" in query && query.tags !== undefined) filters.push(...tagsFilter(query.tags));
  if (min !== undefined || max !== undefined) {
    filters.push({ usdPerLine: { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) } });
  }
  if (from !== undefined && to !== undefined && from > to) {
    throw new InvalidParameterError("date_to", "Expected a day that is not before date_from.");
  }
  const time = timeOf(query, filters);
  return { time, filter: filters.length === 0 ? null : { and: filters } };
}

/** Throws the answer that callers of summaries know for a date that is none. */
export function requireDays({ date }: CostQuery): void {
  if (date?.every(isDay) === false) throw new HttpError(400, "invalid_parameter", "invalid date");
}

/** Whether a day is one of those that were asked for; null where all were. */
export function isAskedDay({ date, date_from: from, date_to: to }: CostQuery): ((day: string) => boolean) | null {
  if (date === undefined && from === undefined && to === undefined) return null;
  return (day) =>
    (date === undefined || date.includes(day)) &&
    (from === undefined || day >= from) &&
    (to === undefined || day <= to);
}

/** A single day is a time; several are a condition. */
function timeOf({ date, date_from: from, date_to: to }: CostQuery, filters: CostFilter[]): TimeWindow {
  const [first, ...others] = date ?? [];
  if (first !== undefined && others.length === 0 && from === undefined && to === undefined) {
    return { from: parseDay(first), to: addDays(parseDay(first), 1) };
  }
  if (date !== undefined) filters.push({ dimension: "date", op: "in", values: date });
  return { from: from === undefined ? null : parseDay(from), to: to === undefined ? null : addDays(parseDay(to), 1) };
}

function tagFilter(key: string, values: readonly string[] | undefined): CostFilter {
  requireKey("tag_key", key);
  return values === undefined
    ? { dimension: `tag:${key}`, op: "exists" }
    : {
        and: [
          { dimension: `tag:${key}`, op: "exists" },
          { dimension: `tag:${key}`, op: "in", values },
        ],
      };
}

/** Lines that have every tag of one of the objects; no condition where one of them has no tag. */
function tagsFilter(texts: readonly string[]): CostFilter[] {
  const objects = texts.map((text) => {
    const wanted = z.record(z.string(), z.string()).safeParse(parseJson(text));
    if (wanted.success) return Object.entries(wanted.data);
    throw new InvalidParameterError("tags", 'Expected a JSON object of text, such as {"env":"prod"}.');
  });
  if (objects.some((tags) => tags.length === 0)) return [];
  for (const [key] of objects.flat()) requireKey("tags", key);
  return [{ or: objects.map((tags) => ({ and: tags.map(([key, value]) => tagFilter(key, [value])) })) }];
}

function requireKey(parameter: string, key: string): void {
  if (key === "" || key.length > 512) throw new InvalidParameterError(parameter, "Expected a tag's name.");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function valuesOf(query: CostQuery, name: string): readonly string[] | undefined {
  const found: unknown = (query as Readonly<Record<string, unknown>>)[name];
  return Array.isArray(found) ? found.map(String) : undefined;
}

function shapeOf<Name extends string>(names: Readonly<Record<Name, string>>): Record<Name, typeof anyOf> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, anyOf])) as Record<Name, typeof anyOf>;
}
