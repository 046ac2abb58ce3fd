import { COST_QUESTION } from "../src/domain/cost-question.ts";
import type { CostQuestion } from "../src/domain/cost-question.ts";
import type { CostSet } from "./cost-relation.ts";
import { renderCosts } from "./cost-statement.ts";
import type { CostStatement } from "./cost-statement.ts";

/** A column of the answer that costs are grouped by, and its dimension. Both are words of ours. */
export type SumGroup = { readonly name: string; readonly dimension: string };

/** Which costs are added up. */
export type AskedSums = Pick<CostQuestion, "time" | "filter" | "asOf">;

/** Which rows of sums are wanted. */
type RowPage = { readonly limit: number; readonly offset: number };

const AMOUNTS = "Array(Tuple(billing_currency String, amount Decimal(76, 30)))";
const TOTALS = [
  "sumOrNull(g.actual_usd) AS total_usd",
  "if(uniqExact(g.billing_currency) = 1, sumOrNull(g.actual), NULL) AS total_billing",
];
const LEFT = "sumMap(map(toString(g.billing_currency), ifNull(g.actual_not_in_usd, 0)))";
const NOT_CONVERTIBLE = `${amountsOf(LEFT)} AS not_convertible`;
/** What of all rows together cannot be told in USD: the last column of every row of a summary. */
const NOT_CONVERTIBLE_IN_ALL = `${amountsOf(`sumMap(${LEFT}) OVER ()`)} AS not_convertible_in_all`;
const DEAREST_FIRST = "total_usd DESC NULLS LAST, total_billing DESC NULLS LAST";

/**
 * The statement of a summary: totals in USD and, of a group with one currency only, in that; with what of a group, and of
 * all of them, cannot be told in USD: objects, or amounts where the whole set has one currency. The dearest first.
 */
export function summaryStatement(asked: AskedSums, group: SumGroup, set: CostSet): CostStatement {
  const { sql, parameters } = sumsByCurrency(asked, [group.dimension], set);
  if ("currency" in set && set.currency !== null) return { sql: inOneCurrency(group, sql), parameters };
  const columns = [...TOTALS, `g.${group.dimension} AS ${group.name}`, NOT_CONVERTIBLE, NOT_CONVERTIBLE_IN_ALL];
  return { sql: regroup(columns, sql, group.name), parameters };
}

/** The end of a row of a summary in one currency: amounts, or null. */
const AMOUNTS_AT_END = /,"not_convertible":(null|"[^"]*"),"not_convertible_in_all":(null|"[^"]*")\}$/;
const NOTHING: ReadonlySet<string> = new Set(["null", '"0"']);

/** A row of a summary, as JSON, with its amounts of the one currency as objects, as they are where there are several. */
export function withAmountObjects(row: string, currency: string): string {
  return row.replace(AMOUNTS_AT_END, (_, own: string, inAll: string) => {
    const [objects, all] = [own, inAll].map((amount) =>
      NOTHING.has(amount) ? "[]" : `[{"billing_currency":${JSON.stringify(currency)},"amount":${amount}}]`,
    );
    return `,"not_convertible":${objects},"not_convertible_in_all":${all}}`;
  });
}

/** The summary by resource: with one of its names, in one row. */
export function resourceSumsStatement(asked: AskedSums, set: CostSet): CostStatement {
  const { sql, parameters } = sumsByCurrency(asked, ["resource_id", "resource_name"], set);
  const names = ["g.resource_id AS resource_id", "max(g.resource_name) AS resource_name"];
  const columns = [...names, ...TOTALS, NOT_CONVERTIBLE, NOT_CONVERTIBLE_IN_ALL];
  return { sql: regroup(columns, sql, "resource_id"), parameters };
}

/** A page of sums by any number of groups, the dearest first. */
export function aggregateStatement(
  asked: AskedSums,
  groups: readonly SumGroup[],
  { limit, offset }: RowPage,
  set: CostSet,
): CostStatement {
  const dimensions = groups.map(({ dimension }) => dimension);
  const { sql, parameters } = sumsByCurrency(asked, dimensions, set);
  const names = groups.map(({ name, dimension }) => `g.${dimension} AS ${name}`);
  const keys = groups.map(({ name }) => name).join(", ");
  const columns = [...names, "total_usd AS total_cost", ...TOTALS, NOT_CONVERTIBLE];
  return {
    sql: `${regroup(columns, sql, keys)}\nLIMIT {page_limit:UInt64} OFFSET {page_offset:UInt64}`,
    parameters: { ...parameters, page_limit: limit, page_offset: offset },
  };
}

/** Sums of each currency by themselves, which `regroup` brings together again. */
function sumsByCurrency(asked: AskedSums, dimensions: readonly string[], set: CostSet): CostStatement {
  const { time, filter, asOf } = asked;
  const names = new Set([...dimensions, "billing_currency"]);
  return renderCosts(
    {
      ...COST_QUESTION,
      time,
      filter,
      asOf,
      groupBy: [...names].map((name) => ({ kind: "dimension", name })),
      measures: ["actual_usd", "actual", "actual_not_in_usd"],
      isUnordered: true,
    },
    set,
  );
}

/**
 * Where everything is billed in one currency, its sums are the totals: to group them again takes as long as the sums do,
 * and to make objects of amounts a third of it.
 */
function inOneCurrency({ name, dimension }: SumGroup, sums: string): string {
  return `SELECT
    g.actual_usd AS total_usd,
    g.actual AS total_billing,
    g.${dimension} AS ${name},
    g.actual_not_in_usd AS not_convertible,
    sum(g.actual_not_in_usd) OVER () AS not_convertible_in_all
FROM
(
${sums}
) AS g
ORDER BY ${DEAREST_FIRST}, ${name}`;
}

function regroup(columns: readonly string[], sums: string, keys: string): string {
  return `SELECT
    ${columns.join(",\n    ")}
FROM
(
${sums}
) AS g
GROUP BY ${keys}
ORDER BY ${DEAREST_FIRST}, ${keys}`;
}

/** The amounts of a map that are not nothing, as objects. */
function amountsOf(map: string): string {
  const pairs = `arrayFilter(pair -> pair.2 != 0, CAST(${map}, 'Array(Tuple(String, Decimal(76, 30)))'))`;
  return `CAST(${pairs}, '${AMOUNTS}')`;
}
