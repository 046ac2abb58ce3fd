import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { Reader } from "../../clickhouse/query.ts";
import { listSourceNames } from "../../clickhouse/source-names.ts";
import { InvalidParameterError, NotFoundError } from "../domain/errors.ts";
import { ALL_DAYS, addDays, daysOfMonth, isDay, isMonth } from "../domain/month.ts";
import type { Day, DayRange, Month } from "../domain/month.ts";
import { DATASETS } from "../domain/run.ts";
import { callerSignal } from "./caller-signal.ts";
import type { HttpDependencies } from "./dependencies.ts";

const MOST_LISTED = 1000;
const LISTED = 100;
const MOST_SOURCES = 100;

/** The sources that a list is about. */
export const SourcesParameter = z
  .union([z.string(), z.array(z.string()).max(MOST_SOURCES)])
  .optional()
  .describe("Name of a source; may be given several times. All of them when it is not given");

/** The dataset that a list is about. */
export const DatasetParameter = z
  .enum(DATASETS, { error: `expected ${DATASETS.join(", ")}` })
  .optional()
  .describe("Which figures the files hold. All of them when it is not given");

/** The billing month that a list is about. */
export const MonthParameter = z
  .string()
  .refine(isMonth, { error: "expected a month like 2026-05" })
  .optional()
  .describe("Billing month, such as `2026-05`. All of them when it is not given");

/** A day that bounds what is asked. */
export const DayParameter = z.string().refine(isDay, { error: "expected a day like 2026-05-01" }).optional();

/** How many items of a list come in one answer. */
export const LimitParameter = z.coerce
  .number({ error: `expected a number from 1 to ${MOST_LISTED}` })
  .int({ error: `expected a number from 1 to ${MOST_LISTED}` })
  .min(1, { error: `expected a number from 1 to ${MOST_LISTED}` })
  .max(MOST_LISTED, { error: `expected a number from 1 to ${MOST_LISTED}` })
  .default(LISTED)
  .describe("How many items one answer has at most");

/** Where in a list an answer begins. */
export const CursorParameter = z
  .string()
  .max(4096)
  .optional()
  .describe("`next` of the answer before this one; the other parameters stay as they were");

/** Where the next answer of a list begins. */
export const Next = z.string().nullable().describe("`cursor` of the next answer; null when there are no more items");

/** What a SELECT of a caller is sent through: its turn is waited for, and it is ended when the caller leaves. */
export function readerOf({ queries }: Pick<HttpDependencies, "queries">, reply: FastifyReply): Reader {
  const signal = callerSignal(reply);
  return { rows: (sql, parameters = {}) => queries.rows({ sql, parameters }, { signal }) };
}

/** The named sources. Throws NotFoundError when one of them was never a source's name; removed ones count. */
export async function findSourceNames(reader: Reader, given: string | readonly string[] = []): Promise<string[]> {
  const names = [given].flat();
  if (names.length === 0) return [];
  const known = (await listSourceNames(reader, {})).map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw noSource(unknown, known);
  return names;
}

/** Says that a source is not there, and which are. */
export function noSource(name: string, known: readonly string[]): NotFoundError {
  const there = known.length === 0 ? "There are none yet: POST one to /v1/sources." : `There are: ${known.join(", ")}.`;
  return new NotFoundError(`There is no source ${JSON.stringify(name)}. ${there}`);
}

type Asked = { readonly month?: Month | undefined; readonly from?: Day | undefined; readonly to?: Day | undefined };

/** The days that are asked about: a month, or those from `from` on, up to and without `to`; else all there are. */
export function daysAsked({ month, from, to }: Asked): DayRange {
  if (month !== undefined) {
    if (from === undefined && to === undefined) return daysOfMonth(month);
    throw new InvalidParameterError("month", "month: give either a month, or from and to. Leave one of them out.");
  }
  const first = from ?? ALL_DAYS.first;
  const last = to === undefined ? ALL_DAYS.last : addDays(to, -1);
  if (first <= last) return { first, last };
  throw new InvalidParameterError("to", `to: expected a day after ${first}, it is not included. Give a later one.`);
}

/** A moment as a place in a list has it. */
export const PlaceMoment = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/);

/** An item's place in its list, as callers carry it: opaque, safe in URLs. */
export function writePlace(...place: readonly string[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** Reads a place in a list; throws InvalidParameterError when it is none. */
export function readPlace<Place>(text: string, schema: z.ZodType<Place>): Place {
  const parsed = schema.safeParse(parseJson(Buffer.from(text, "base64url").toString()));
  if (parsed.success) return parsed.data;
  throw new InvalidParameterError("cursor", "cursor: not one of this list. Take it from `next` of the answer before.");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
