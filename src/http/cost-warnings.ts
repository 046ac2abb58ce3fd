import { z } from "zod";
import {
  MISSING_SOURCES,
  MISSING_SOURCES_AS_OF,
  MissingSource,
  Overlap,
  OVERLAPS_AS_OF,
} from "../../clickhouse/cost-facts.ts";
import type { Statement } from "../../clickhouse/cost-facts.ts";
import type { CostSet } from "../../clickhouse/cost-relation.ts";
import type { TrackingSet } from "../../clickhouse/tracking-set.ts";
import { parseMoment } from "../domain/cost-window.ts";
import type { TimeWindow } from "../domain/cost-window.ts";
import type { HttpDependencies } from "./dependencies.ts";
import type { AnswerOptions, QueryLane } from "./query-lane.ts";

/** Something that a reader of an answer has to know. */
export type Warning = {
  readonly code:
    | "source_missing"
    | "overlapping_scopes"
    | "not_convertible"
    | "cut_amounts"
    | "tracking_missing"
    | "tracking_behind";
  readonly message: string;
} & Readonly<Record<string, string | number>>;

const NotInUsd = z.object({ billing_currency: z.string() }).catchall(z.string().nullable());
const NOTHING = /^-?[0.]*$/;

/** Warnings of sets and times that were asked for of late, for as long as nothing was edited. */
const known = new WeakMap<QueryLane, Map<string, readonly Warning[]>>();
const MOST_KNOWN = 500;

/** What a reader has to know of a time, whatever is asked of it: what is missing, and what stays silent. */
export async function warningsOfTime(
  { queries, edits }: Pick<HttpDependencies, "queries" | "edits">,
  set: CostSet,
  time: TimeWindow,
  options: AnswerOptions,
): Promise<readonly Warning[]> {
  const answered = known.get(queries) ?? new Map<string, readonly Warning[]>();
  known.set(queries, answered);
  const key = JSON.stringify(["asOf" in set ? set.asOf : set.id, time.from, time.to, await edits.version()]);
  const kept = answered.get(key);
  if (kept !== undefined) return kept;
  const found = await Promise.all([
    missingSources(queries, set, time, options),
    overlappingScopes(queries, set, time, options),
  ]);
  if (answered.size >= MOST_KNOWN) answered.clear();
  answered.set(key, found.flat());
  return found.flat();
}

/** The amounts that have no figure in USD: a statement gives them by `billing_currency`, as `<metric>_not_in_usd`. */
export async function notConvertible(
  queries: QueryLane,
  statement: Statement | null,
  options: AnswerOptions,
): Promise<Warning[]> {
  if (statement === null) return [];
  const rows = z.array(NotInUsd).parse(await queries.rows(statement, options));
  return rows.flatMap(({ billing_currency: currency, ...amounts }) =>
    Object.entries(amounts).flatMap(([column, amount]): Warning[] => {
      if (amount === null || NOTHING.test(amount)) return [];
      const metric = column.replace(/_not_in_usd$/, "");
      const message = `${amount} ${currency} of ${metric} cost have no figure in USD: amounts in USD leave them out.`;
      return [{ code: "not_convertible", message, currency, metric, amount }];
    }),
  );
}

/** What a reader of tracking targets has to know: that rules were not evaluated, or not lately. */
export function warningsOfTracking(tracking: TrackingSet | null): Warning[] {
  if (tracking === null) return [];
  const remedy = "POST /v1/tracking/evaluate makes up for it.";
  if (tracking.evaluatedAt === null) {
    const message = `The tracking rules were never evaluated, so nothing has a target. ${remedy}`;
    return [{ code: "tracking_missing", message }];
  }
  const behind = [
    ...(tracking.hasOtherRules ? ["rules have changed"] : []),
    ...(tracking.hasOtherLoads ? ["other costs are published"] : []),
  ];
  if (behind.length === 0) return [];
  const message = `Since the tracking rules were evaluated ${behind.join(" and ")}. ${remedy}`;
  return [{ code: "tracking_behind", message, evaluatedAt: tracking.evaluatedAt }];
}

/** What typed formats could not hold. */
export function cutAmounts(count: number): Warning[] {
  if (count === 0) return [];
  return [
    {
      code: "cut_amounts",
      message: `${counted(count, "amount")} did not fit Decimal(38, 18): digits behind the 18th are cut, amounts of more than 20 digits before the point are null. CSV, NDJSON and JSON have all digits.`,
      count,
    },
  ];
}

const MOST_HEADER_CHARACTERS = 4_096;

/** Warnings as one header: JSON in ASCII; as many as have room, and how many more there are. */
export function warningsHeader(warnings: readonly Warning[]): string {
  const written = warnings.map((warning) => toAscii(JSON.stringify(warning)));
  let length = 0;
  const shown = written.filter((text) => (length += text.length + 1) < MOST_HEADER_CHARACTERS);
  const left = written.length - shown.length;
  const rest =
    left === 0 ? [] : [JSON.stringify({ code: "more_warnings", message: `${left} more warnings; JSON has all.` })];
  return `[${[...shown, ...rest].join(",")}]`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function toAscii(json: string): string {
  return json.replaceAll(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

async function missingSources(
  queries: QueryLane,
  set: CostSet,
  time: TimeWindow,
  options: AnswerOptions,
): Promise<Warning[]> {
  const statement =
    "asOf" in set
      ? { sql: MISSING_SOURCES_AS_OF, parameters: { ...time, moment: set.asOf } }
      : { sql: MISSING_SOURCES, parameters: { ...time, seen: set.seen } };
  const rows = z.array(MissingSource).parse(await queries.rows(statement, options));
  return rows.map(({ source }) => {
    const message = `${source}: no costs of the asked time are there.`;
    return { code: "source_missing", message, source };
  });
}

async function overlappingScopes(
  queries: QueryLane,
  set: CostSet,
  time: TimeWindow,
  options: AnswerOptions,
): Promise<Warning[]> {
  if (!("asOf" in set) && !set.hasSilence) return [];
  const moment = "asOf" in set ? set.asOf : parseMoment(set.moment);
  const statement = { sql: OVERLAPS_AS_OF, parameters: { ...time, moment } };
  const rows = z.array(Overlap).parse(await queries.rows(statement, options));
  return rows.map((row) => {
    const [days, subscriptions] = [counted(row.days, "day"), counted(row.subscriptions, "subscription")];
    const message =
      `${row.source}/${row.export}: its ${row.metric} costs of ${days} of ${subscriptions} are left out, ` +
      `because ${row.answered_by}/${row.answered_by_export} answers for them.`;
    return { code: "overlapping_scopes", message, ...row };
  });
}
