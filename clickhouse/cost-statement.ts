import { targetsOf } from "../src/domain/cost-dimensions.ts";
import { targetsOfFilter } from "../src/domain/cost-filter.ts";
import { columnsOf, requireSense } from "../src/domain/cost-question.ts";
import type { CostQuestion, Measure, OrderKey } from "../src/domain/cost-question.ts";
import { comparedWindow } from "../src/domain/cost-window.ts";
import type { ComparedWindow, TimeWindow } from "../src/domain/cost-window.ts";
import { orderList, pageClause, selectList, totalOrder } from "./answer-columns.ts";
import type { AnswerColumn } from "./answer-columns.ts";
import { createParameters } from "./bound-parameters.ts";
import type { BoundParameters } from "./bound-parameters.ts";
import type { Parameters } from "./client.ts";
import { conditionOf } from "./cost-condition.ts";
import { keysOf } from "./cost-keys.ts";
import type { CostKey } from "./cost-keys.ts";
import { metricsOf, sumOf, usdOfLine } from "./cost-measures.ts";
import type { SumCurrency } from "./cost-measures.ts";
import { rowsOf, timeConditions } from "./cost-relation.ts";
import type { CostRows, CostSet } from "./cost-relation.ts";
import { compareStage, topStage } from "./cost-stages.ts";
import type { TrackingOfRows } from "./cost-tracking.ts";
import { smallestRelation } from "./smallest-relation.ts";
import type { TrackingSet } from "./tracking-set.ts";

/** A SELECT without a FORMAT: words of ours and names of parameters, and the values of these. */
export type CostStatement = { readonly sql: string; readonly parameters: Parameters };

/**
 * The statement that answers a question about costs from one set of publications; with the columns of `columnsOf`. Throws
 * InvalidRequestError for what cannot be asked together, and for tracking targets where no set of rules is given.
 */
export function renderCosts(question: CostQuestion, set: CostSet, tracking: TrackingSet | null = null): CostStatement {
  requireSense(question);
  const parameters = createParameters();
  const answering = question.asOf === null ? set : { asOf: question.asOf };
  const compared = question.compareTo === null ? null : comparedWindow(question.time, question.compareTo);
  const joined = isTracked(question) ? tracking : null;
  const relation = smallestRelation(question, answering, compared, joined);
  const rows = rowsOf(relation, answering, parameters, joined);
  const read = tracking === null ? null : { ...tracking, day: rows.day };
  const keys = keysOf(question, parameters, read);
  const isStaged = compared !== null || question.top !== null;
  const aliases = question.aliases ?? {};

  const base = (window: TimeWindow, shift: ComparedWindow | null) => {
    const columns = baseColumns(question, keys, rows, currencyOf(keys, answering), shift).map(
      ({ name, expression }, index) => ({
        name: isStaged ? stagedName(index, keys.length) : name,
        expression,
      }),
    );
    return aggregate(rows, selectList(columns, isStaged ? {} : aliases, parameters), keys.length, [
      ...rows.where,
      ...timeConditions(rows, window, parameters),
      ...carried(question.measures, rows),
      ...filterConditions(question, parameters, read),
    ]);
  };

  const now = base(question.time, null);
  const order = orderList(orderOf(question, keys), columnsOf(question));
  const end = `${order === "" ? "" : `\nORDER BY ${order}`}${pageClause(question, parameters)}`;
  if (!isStaged) return { sql: `${now}${end}`, parameters: parameters.values() };

  const sums = compared === null ? now : compareStage(question, keys, now, base(compared.window, compared));
  const folded = question.top === null ? sums : topStage(question, question.top, keys, sums, parameters);
  const select = selectList(stagedColumns(question, keys), aliases, parameters);
  return { sql: `SELECT\n${select}\nFROM\n(\n${folded}\n)${end}`, parameters: parameters.values() };
}

function baseColumns(
  { measures }: CostQuestion,
  keys: readonly CostKey[],
  rows: CostRows,
  currency: SumCurrency,
  shift: ComparedWindow | null,
): AnswerColumn[] {
  const metrics = metricsOf(measures);
  return [
    ...keys.map(({ name, expression }) => ({ name, expression: expression(rows, shift) })),
    ...measures.map((name) => ({ name, expression: sumOf(name, metrics, rows, currency) })),
  ];
}

function currencyOf(keys: readonly CostKey[], set: CostSet): SumCurrency {
  if ("currency" in set && set.currency !== null) return { is: set.currency };
  return keys.some(({ name }) => name === "billing_currency") ? "one" : "any";
}

/** Inside of a statement of several stages, keys are called k0, k1, … and measures m0, m1, …. */
function stagedName(index: number, keys: number): string {
  return index < keys ? `k${index}` : `m${index - keys}`;
}

function stagedColumns(question: CostQuestion, keys: readonly CostKey[]): AnswerColumn[] {
  const { measures, top, compareTo } = question;
  return [
    ...keys.map(({ name }, index) => ({ name, expression: `k${index}` })),
    ...(top === null ? [] : [{ name: "is_other", expression: "CAST(is_rest, 'Bool')" }]),
    ...measures.map((name, index) => ({ name, expression: `m${index}` })),
    ...(compareTo === null
      ? []
      : measures.flatMap((name, index) => [
          { name: `${name}_before`, expression: `b${index}` },
          { name: `${name}_change`, expression: `ifNull(m${index}, 0) - ifNull(b${index}, 0)` },
        ])),
  ];
}

function aggregate(rows: CostRows, select: string, keys: number, where: readonly string[]): string {
  const groupBy = Array.from({ length: keys }, (_, index) => index + 1).join(", ");
  return [
    `${rows.head}SELECT`,
    select,
    `FROM ${rows.from}`,
    ...(where.length === 0 ? [] : [`WHERE ${where.join("\n    AND ")}`]),
    ...(keys === 0 ? [] : [`GROUP BY ${groupBy}`]),
  ].join("\n");
}

/** Only rows count that carry one of the figures that are asked for. */
function carried(measures: readonly Measure[], rows: CostRows): string[] {
  const [metric, another] = metricsOf(measures);
  return metric === undefined || another !== undefined ? [] : [rows.carries(metric)];
}

function filterConditions(
  { filter, measures }: CostQuestion,
  parameters: BoundParameters,
  tracking: TrackingOfRows | null,
): string[] {
  if (filter === null) return [];
  return [conditionOf(filter, usdOfLine(metricsOf(measures)[0] ?? "actual"), parameters, tracking)];
}

function isTracked({ groupBy, filter }: CostQuestion): boolean {
  return targetsOf(groupBy).length > 0 || (filter !== null && targetsOfFilter(filter).length > 0);
}

/** By period, then the dearest first, where nothing else is asked for; currencies and the rest stay apart. */
function orderOf({ order, isUnordered = false, measures, top }: CostQuestion, keys: readonly CostKey[]): OrderKey[] {
  if (isUnordered) return [];
  const names = keys.map(({ name }) => name);
  if (names.length === 0) return [...order];
  const rest: OrderKey[] = top === null ? [] : [{ by: "is_other", descending: false }];
  const up = (name: string): OrderKey[] => (names.includes(name) ? [{ by: name, descending: false }] : []);
  const dearest: OrderKey = { by: measures[0] ?? "", descending: true };
  const asked = order.length > 0 ? order : [...up("period"), ...up("billing_currency"), ...rest, dearest];
  return totalOrder(asked, [...names, ...(top === null ? [] : ["is_other"])]);
}
