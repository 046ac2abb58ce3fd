import { CANONICAL_COLUMNS } from "./columns.ts";
import type { CanonicalColumn } from "./columns.ts";
import { InvalidRequestError } from "./errors.ts";

/**
 * The rows that costs can be read from, smallest first: a billing month with locations, with resource groups, with both, or with
 * resources as well, a day, or a line each. Every dimension is held by the lines, few by the rollups.
 */
export const COST_RELATIONS = ["summary", "monthly", "location", "resource", "daily", "lines"] as const;

/** One of the rows that costs can be read from. */
export type CostRelation = (typeof COST_RELATIONS)[number];

/** What costs are grouped and filtered by: one of the closed list, named like its column of the view `costs`. */
export type CostDimension = {
  readonly name: string;
  /** The name in words, such as "Meter category". */
  readonly label: string;
  readonly description: string;
  /** `day` is a date, `identifier` is text that is stored in lower case, `text` is text as delivered. */
  readonly kind: "text" | "identifier" | "day";
  readonly relations: readonly CostRelation[];
};

/** What the rows of an answer are grouped by. In text: `meter_category`, `tag:env`, `tracking:team`. */
export type Grouping =
  | { readonly kind: "dimension"; readonly name: string }
  | { readonly kind: "tag"; readonly key: string }
  | { readonly kind: "tracking"; readonly target: string };

const IN_EVERY_ROLLUP = [
  "source",
  "dataset",
  "billing_month",
  "billing_account_id",
  "billing_currency",
  "subscription_id",
  "service_family",
  "meter_category",
  "charge_type",
  "pricing_model",
];
const MOST_KEY_CHARACTERS = 512; // what Azure allows
const LONE_SURROGATE = /\p{Cs}/u; // half a character: on the way to ClickHouse two of them would become the same

/** Every dimension, in the order in which people look for them. */
export const COST_DIMENSIONS: readonly CostDimension[] = [
  dimension("source", "text", "Source that the row came from"),
  dimension("dataset", "text", "actual, amortized, usage or focus: which figures the file holds"),
  dimension("date", "day", "Day of usage or purchase, UTC"),
  dimension("billing_month", "day", "First day of the billing month of the run"),
  ...CANONICAL_COLUMNS.flatMap(dimensionOf),
];

const BY_NAME: ReadonlyMap<string, CostDimension> = new Map(COST_DIMENSIONS.map((found) => [found.name, found]));

/** The dimension of a name; undefined where there is none. */
export function findDimension(name: string): CostDimension | undefined {
  return BY_NAME.get(name);
}

/** The dimension of a name; throws InvalidRequestError where there is none. */
export function requireDimension(name: string): CostDimension {
  const found = BY_NAME.get(name);
  if (found !== undefined) return found;
  throw new InvalidRequestError(
    `${shown(name)} is not a dimension. Use one of ${COST_DIMENSIONS.map((known) => known.name).join(", ")}, tag:<key> or tracking:<target>.`,
  );
}

/** Reads what rows are grouped by, or a condition speaks of; throws InvalidRequestError on anything else. */
export function parseGrouping(text: string): Grouping {
  if (text.startsWith("tag:")) return { kind: "tag", key: requireKey(text, text.slice("tag:".length)) };
  if (text.startsWith("tracking:")) {
    return { kind: "tracking", target: requireKey(text, text.slice("tracking:".length)) };
  }
  return { kind: "dimension", name: requireDimension(text).name };
}

/** A grouping as text, as `parseGrouping` reads it. */
export function groupingText(grouping: Grouping): string {
  switch (grouping.kind) {
    case "dimension":
      return grouping.name;
    case "tag":
      return `tag:${grouping.key}`;
    case "tracking":
      return `tracking:${grouping.target}`;
  }
}

/** The tracking targets among some groupings. */
export function targetsOf(groupings: readonly Grouping[]): string[] {
  return groupings.flatMap((grouping) => (grouping.kind === "tracking" ? [grouping.target] : []));
}

/** A caller's text in a message: quoted, and cut where it is long. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function requireKey(text: string, key: string): string {
  if (key !== "" && key.length <= MOST_KEY_CHARACTERS && !LONE_SURROGATE.test(key)) return key;
  throw new InvalidRequestError(
    `${shown(text)} needs a name of 1 to ${MOST_KEY_CHARACTERS} characters after its colon, such as tag:env.`,
  );
}

function dimensionOf({ name, kind, comment }: CanonicalColumn): CostDimension[] {
  switch (kind) {
    case "keyword":
    case "text":
      return [dimension(name, "text", comment)];
    case "identifier":
    case "subscription":
    case "billing-account":
      return [dimension(name, "identifier", comment)];
    case "date":
    case "day":
    case "day-before":
    case "cost":
    case "decimal":
    case "flag":
    case "tags":
    case "json":
      return [];
  }
}

function dimension(name: string, kind: CostDimension["kind"], description: string): CostDimension {
  const words = name.replaceAll("_", " ");
  const label = `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  return { name, label, description, kind, relations: holdersOf(name) };
}

function holdersOf(name: string): readonly CostRelation[] {
  if (IN_EVERY_ROLLUP.includes(name)) return COST_RELATIONS;
  if (name === "date") return ["daily", "lines"];
  if (name === "resource_group") return ["monthly", "location", "resource", "lines"];
  if (name === "resource_location") return ["summary", "location", "resource", "lines"];
  if (name === "resource_id") return ["resource", "lines"];
  return ["lines"];
}
