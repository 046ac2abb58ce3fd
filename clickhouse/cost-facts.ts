import { z } from "zod";
import type { Parameters } from "./client.ts";
import { Count, readQuery } from "./query.ts";

/** A SELECT and its values. */
export type Statement = { readonly sql: string; readonly parameters: Parameters };

/** What is known of the rows of a statement before they are sent. */
export const CostFacts = z.object({
  rows: Count,
  /** The billing currencies of its rows; empty where rows have none. */
  currencies: z.array(z.string()),
  /** How many amounts Decimal(38, 18) cannot hold whole. */
  unfit: Count,
});

/** See the schema of the same name. */
export type CostFacts = z.infer<typeof CostFacts>;

// The columns below are words of our own: dimensions and measures of the closed lists, never what a caller wrote.

/** Counts the rows of a statement, its currencies, and the amounts that typed files cannot hold. */
export function factsOf(statement: Statement, hasCurrency: boolean, amounts: readonly string[]): Statement {
  const currencies = hasCurrency ? "arraySort(groupUniqArray(toString(billing_currency)))" : "emptyArrayString()";
  const unfit = amounts.map((column) => `countIf(NOT ${isWhole(column)})`);
  return {
    sql: `SELECT count() AS rows, ${currencies} AS currencies, ${["0", ...unfit].join(" + ")} AS unfit FROM (${statement.sql})`,
    parameters: statement.parameters,
  };
}

/** Columns of a statement that some formats need in another form. */
export type SpecialColumns = {
  readonly amounts: readonly string[];
  readonly maps: readonly string[];
  readonly ids: readonly string[];
};

/**
 * The same rows with amounts that readers of Parquet and Arrow understand: Decimal(38, 18). Digits behind the 18th are
 * cut, and an amount with more than 20 digits before the point is null.
 */
export function forTypedFile(statement: Statement, { amounts, ids }: SpecialColumns): Statement {
  return replaced(statement, [
    ...amounts.map((column) => [column, asDecimal38(column)] as const),
    ...ids.map((column) => [column, `toString(${column})`] as const),
  ]);
}

/** The same rows with tags as JSON. */
export function forCsv(statement: Statement, { maps }: SpecialColumns): Statement {
  return replaced(
    statement,
    maps.map((column) => [column, `toJSONString(${column})`] as const),
  );
}

function replaced(
  { sql, parameters }: Statement,
  columns: readonly (readonly [column: string, expression: string])[],
): Statement {
  if (columns.length === 0) return { sql, parameters };
  const list = columns.map(([column, expression]) => `${expression} AS ${column}`).join(", ");
  return { sql: `SELECT * REPLACE (${list}) FROM (${sql})`, parameters };
}

// A cast checks the range of the 128 bits only, which is beyond the 38 digits that the type promises.
const MOST = "toDecimal256('100000000000000000000', 30)";

function asDecimal38(column: string): string {
  return `if(abs(${column}) < ${MOST}, CAST(${column} AS Nullable(Decimal(38, 18))), NULL)`;
}

function isWhole(column: string): string {
  return `(${column} IS NULL OR ifNull(CAST(${asDecimal38(column)} AS Nullable(Decimal(76, 30))) = ${column}, false))`;
}

/** A source without costs in the asked time. */
export const MissingSource = z.object({ source: z.string() });

/** The enabled sources without costs between two days, now: of the set of `seen`. */
export const MISSING_SOURCES = readQuery("missing-sources");

/** The same as of a moment. */
export const MISSING_SOURCES_AS_OF = readQuery("missing-sources-as-of");

/** Who answers instead of whom between two days, as of a moment. */
export const OVERLAPS_AS_OF = readQuery("overlaps-as-of");

/** One export that stays silent where another answers. */
export const Overlap = z.object({
  source: z.string(),
  export: z.string(),
  answered_by: z.string(),
  answered_by_export: z.string(),
  metric: z.string(),
  subscriptions: Count,
  days: Count,
});

/** How many changes of publications there were until a moment. */
export const PUBLICATION_CHANGES = readQuery("publication-changes");
