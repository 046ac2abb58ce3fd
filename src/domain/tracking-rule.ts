import type { Day } from "./month.ts";

/**
 * What a condition can look at, the most specific first: of two rules with the same priority the one wins whose field
 * comes first. `tag:<key>` stands behind the resource's name.
 */
export const TRACKING_FIELDS = [
  "last_segment",
  "resource_id",
  "resource_name",
  "resource_group",
  "subscription_id",
  "subscription_name",
  "resource_type",
  "region",
  "meter_category",
  "cost_center",
] as const;

/** A field by its name, or a tag by its key. */
export type TrackingField = (typeof TRACKING_FIELDS)[number] | `tag:${string}`;

/** How a condition compares; case never matters. `wildcard` knows `*`, `regex` is RE2's. */
export const TRACKING_OPERATORS = ["equals", "contains", "prefix", "suffix", "wildcard", "regex"] as const;

/** One way to compare. */
export type TrackingOperator = (typeof TRACKING_OPERATORS)[number];

/** A field, a comparison and a value. */
export type Condition = {
  readonly field: TrackingField;
  readonly operator: TrackingOperator;
  readonly value: string;
};

/** A condition, or a tree of them. */
export type Match =
  | Condition
  | { readonly all: readonly Match[] }
  | { readonly any: readonly Match[] }
  | { readonly not: Match };

/** Says whose a resource is. Plain JSON. */
export type TrackingRule = {
  /** Digits or text; of rules that are else equal the smallest one wins. */
  readonly id: string;
  /** The smaller one wins. */
  readonly priority: number;
  readonly name: string;
  readonly match: Match;
  /** Free names and what they are, such as `owner: platform`. */
  readonly targets: Readonly<Record<string, string>>;
  /** The first day for which it holds; null for all before. */
  readonly validFrom: Day | null;
  /** The first day for which it holds no more; null for all after. */
  readonly validTo: Day | null;
  readonly enabled: boolean;
};

/** What a resource without a rule is given: nothing, or the last segment of its id in upper case as its `resource_tracking`. */
export const TRACKING_FALLBACKS = ["none", "last_segment"] as const;

/** One of them. */
export type TrackingFallback = (typeof TRACKING_FALLBACKS)[number];

/** Every rule that there is, and what concerns all of them. */
export type RuleSet = { readonly rules: readonly TrackingRule[]; readonly fallback: TrackingFallback };

/** What a rule has when nothing is said. */
export const TRACKING_DEFAULTS = { priority: 100, enabled: true } as const;

/** What ClickHouse's type Int32 holds. */
export const MOST_PRIORITY = 2_147_483_647;

/** The target that the short form of a rule names. */
export const SHORT_TARGET = "resource_tracking";

/**
 * The short form `{ id, resource_tracking: text }`: the text is contained in the last segment, the resource group or the
 * subscription id. Its priority is its id where that is a number, so that the smaller id wins whatever matched; numbers
 * that are too large for a priority share the last one.
 */
export function shortRule(
  id: string,
  text: string,
  settings: { readonly priority?: number | undefined } = {},
): TrackingRule {
  const priority =
    settings.priority ?? (/^\d+$/.test(id) ? Math.min(Number(id), MOST_PRIORITY) : TRACKING_DEFAULTS.priority);
  const contains = (field: TrackingField): Condition => ({ field, operator: "contains", value: text });
  return {
    id,
    priority,
    name: text,
    match: { any: [contains("last_segment"), contains("resource_group"), contains("subscription_id")] },
    targets: { [SHORT_TARGET]: text },
    validFrom: null,
    validTo: null,
    enabled: true,
  };
}

/** The conditions of a match, in their order. */
export function listConditions(match: Match): Condition[] {
  if ("field" in match) return [match];
  if ("not" in match) return listConditions(match.not);
  return ("all" in match ? match.all : match.any).flatMap(listConditions);
}

/** Whether a text names a field. */
export function isTrackingField(text: string): text is TrackingField {
  return TRACKING_FIELDS.some((field) => field === text) || /^tag:.+/s.test(text);
}

/** How specific a field is: the smaller number wins. */
export function rankOfField(field: TrackingField): number {
  const found = TRACKING_FIELDS.findIndex((known) => known === field);
  if (found < 0) return 3; // a tag: behind the name, before the group
  return found < 3 ? found : found + 1;
}

/** The order of ids: numbers before texts, numbers by their value. */
export function compareRuleIds(one: string, other: string): number {
  const numbers = [one, other].map((id) => /^\d+$/.test(id));
  if (numbers[0] !== numbers[1]) return numbers[0] === true ? -1 : 1;
  if (numbers[0] === true) {
    const [a, b] = [BigInt(one), BigInt(other)];
    if (a !== b) return a < b ? -1 : 1;
  }
  return one < other ? -1 : one > other ? 1 : 0;
}
