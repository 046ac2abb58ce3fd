import { groupingText, parseGrouping, requireDimension, shown, targetsOf } from "./cost-dimensions.ts";
import { InvalidRequestError } from "./errors.ts";
import { isDay, isMonth } from "./month.ts";

/** How a condition compares; each but `exists` and `missing` holds when any of its values fits. */
export const FILTER_OPS = ["eq", "in", "prefix", "contains", "regex", "exists", "missing"] as const;

/** How a condition compares. */
export type FilterOp = (typeof FILTER_OPS)[number];

/**
 * Which costs count. Text compares without case, except by `regex`, which is RE2 as it stands; `exists` and `missing` ask
 * whether there is text, or a tag, at all.
 */
export type CostFilter =
  | { readonly and: readonly CostFilter[] }
  | { readonly or: readonly CostFilter[] }
  | { readonly not: CostFilter }
  | CostCondition
  | { readonly usdPerLine: { readonly min?: string; readonly max?: string } };

/** One comparison; the dimension in text form, such as `meter_category` or `tag:env`. */
export type CostCondition = {
  readonly dimension: string;
  readonly op: FilterOp;
  readonly values?: readonly string[];
};

/** How deep conditions may lie in a filter. */
export const MOST_DEPTH = 20;
const MOST_CONDITIONS = 200;
const MOST_VALUES = 1_000;
const MOST_CHARACTERS = 60_000; // of all values of a filter: they travel in a URL to ClickHouse

/** What a filter may hold in all; counted while it is read. */
type Budget = { conditions: number; characters: number };

/**
 * Reads a filter from JSON: `and`, `or`, `not` over `{dimension, op, values}`. Throws InvalidRequestError that says where
 * in it something is wrong, such as `filter.and[1].op`.
 */
export function parseCostFilter(json: unknown): CostFilter {
  return parseNode(json, "filter", 0, { conditions: 0, characters: 0 });
}

/** The tracking targets that a filter speaks of. */
export function targetsOfFilter(filter: CostFilter): string[] {
  if ("and" in filter) return filter.and.flatMap(targetsOfFilter);
  if ("or" in filter) return filter.or.flatMap(targetsOfFilter);
  if ("not" in filter) return targetsOfFilter(filter.not);
  if ("usdPerLine" in filter) return [];
  return targetsOf([parseGrouping(filter.dimension)]);
}

function parseNode(json: unknown, path: string, depth: number, budget: Budget): CostFilter {
  if (depth > MOST_DEPTH) {
    throw new InvalidRequestError(`${path} is nested deeper than ${MOST_DEPTH}. Make it flatter.`);
  }
  const node = requireObject(json, path);
  const keys = Object.keys(node);
  if ("and" in node || "or" in node || "not" in node) {
    const [key = ""] = keys;
    if (keys.length > 1) {
      throw new InvalidRequestError(`${path} has several of ${keys.map(shown).join(", ")}: give one.`);
    }
    if (key === "not") return { not: parseNode(node["not"], `${path}.not`, depth + 1, budget) };
    const parts = requireList(node[key], `${path}.${key}`, MOST_CONDITIONS).map((part, index) =>
      parseNode(part, `${path}.${key}[${index}]`, depth + 1, budget),
    );
    return key === "and" ? { and: parts } : { or: parts };
  }
  const strange = keys.find((key) => !["dimension", "op", "values"].includes(key));
  if (strange !== undefined) {
    throw new InvalidRequestError(`${path} knows no ${shown(strange)}. Use and, or, not, or dimension, op and values.`);
  }
  return parseCondition(node, path, budget);
}

function parseCondition(node: Readonly<Record<string, unknown>>, path: string, budget: Budget): CostCondition {
  const { dimension, op, values } = node;
  if (typeof dimension !== "string") throw new InvalidRequestError(`${path}.dimension is not text. Name a dimension.`);
  const found = FILTER_OPS.find((known) => known === op);
  if (found === undefined) throw new InvalidRequestError(`${path}.op is not one of ${FILTER_OPS.join(", ")}.`);
  budget.conditions += 1;
  if (budget.conditions > MOST_CONDITIONS) {
    throw new InvalidRequestError(
      `The filter has more than ${MOST_CONDITIONS} conditions. Use in with several values.`,
    );
  }
  const isUnary = found === "exists" || found === "missing";
  if (isUnary && values !== undefined) {
    throw new InvalidRequestError(`${path}.values: ${found} takes none. Leave it out.`);
  }
  const texts = isUnary
    ? []
    : requireList(values, `${path}.values`, MOST_VALUES).map((value, index) => {
        if (typeof value !== "string") throw new InvalidRequestError(`${path}.values[${index}] is not text. Quote it.`);
        return value;
      });
  budget.characters += dimension.length + texts.reduce((sum, text) => sum + text.length, 0);
  if (budget.characters > MOST_CHARACTERS) {
    throw new InvalidRequestError(
      `The filter's values have more than ${MOST_CHARACTERS} characters in all. Use fewer.`,
    );
  }
  if (found === "eq" && texts.length > 1) throw new InvalidRequestError(`${path}.op: eq takes one value. Use in.`);
  return checkCondition({ dimension, op: found, ...(isUnary ? {} : { values: texts }) }, path);
}

/** Days are compared as days: other values and other comparisons than of whole days are refused. */
function checkCondition(condition: CostCondition, path: string): CostCondition {
  const grouping = parseGrouping(condition.dimension);
  const { op, values = [] } = condition;
  if (grouping.kind !== "dimension" || requireDimension(grouping.name).kind !== "day") {
    return { ...condition, dimension: groupingText(grouping) };
  }
  if (!["eq", "in", "exists", "missing"].includes(op)) {
    throw new InvalidRequestError(`${path}.op: ${grouping.name} is a day, use eq or in, or from and to.`);
  }
  const days = values.map((value) => {
    if (grouping.name === "billing_month" && isMonth(value)) return `${value}-01`;
    if (isDay(value)) return value;
    throw new InvalidRequestError(`${path}.values: ${shown(value)} is not a day like 2026-05-01.`);
  });
  return values.length === 0 ? condition : { ...condition, values: days };
}

function requireObject(json: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new InvalidRequestError(`${path} is not an object. Use and, or, not, or dimension, op and values.`);
}

function requireList(json: unknown, path: string, most: number): readonly unknown[] {
  if (Array.isArray(json) && json.length > 0 && json.length <= most) return json as unknown[];
  throw new InvalidRequestError(`${path} is not a list of 1 to ${most} items.`);
}
