import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { CostFacts, factsOf, forCsv, forTypedFile } from "../../clickhouse/cost-facts.ts";
import type { Statement } from "../../clickhouse/cost-facts.ts";
import { noSuchTarget } from "../../clickhouse/cost-grouping.ts";
import { TRACKING_SETTINGS } from "../../clickhouse/cost-tracking.ts";
import type { TrackingSet } from "../../clickhouse/tracking-set.ts";
import type { VisibleSet } from "../../clickhouse/visible-set.ts";
import { InvalidParameterError } from "../domain/errors.ts";
import { answerFromSet, streamFromSet } from "./answers.ts";
import { callerSignal } from "./caller-signal.ts";
import { explain } from "./cost-failures.ts";
import { forParameter } from "./cost-parameters.ts";
import { cursorOf, nextCursor, readingOf, requireUnmoved } from "./cost-rows.ts";
import type { Asker, Reading, RowsQuestion } from "./cost-rows.ts";
import { cutAmounts, notConvertible, warningsHeader, warningsOfTime, warningsOfTracking } from "./cost-warnings.ts";
import type { Warning } from "./cost-warnings.ts";
import type { HttpDependencies } from "./dependencies.ts";
import { chooseEncoding } from "./formats.ts";
import type { Format } from "./formats.ts";
import type { AnswerOptions } from "./query-lane.ts";

/** The embedded warehouse counts the values of a filter to the statement. */
const ROOM = { max_query_size: 4 << 20 };

/** Answers a question with rows that ClickHouse writes: JSON as a page with its facts, all else as it streams. */
export async function answerRows(
  dependencies: HttpDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  format: Format,
  question: RowsQuestion,
): Promise<FastifyReply> {
  const cursor = cursorOf(question);
  const { maxJsonRows } = dependencies.settings;
  if (format.name === "json" && (question.limit ?? 0) > maxJsonRows) {
    throw new InvalidParameterError(
      "limit",
      `limit: JSON has at most ${maxJsonRows} rows. Ask for fewer and follow \`next\`, or for csv, ndjson, parquet or arrow.`,
    );
  }
  const tracking = await trackingOf(dependencies, question);
  const settings = tracking === null ? ROOM : { ...ROOM, ...TRACKING_SETTINGS };
  const options: AnswerOptions = { signal: callerSignal(reply), settings };
  const asker = { dependencies, question, options };
  const also = tracking === null ? {} : { alsoReads: stateOf(tracking) };
  const explained = <T>(answer: () => Promise<T>) => explain(answer, cursor !== undefined);
  if (format.name === "json") {
    const compute = (set: VisibleSet) =>
      explained(() => answerJson(asker, readingOf(question, cursor, set, tracking), format));
    return answerFromSet(dependencies, request, reply, compute, also);
  }
  const encoding = chooseEncoding(format, request.headers["accept-encoding"]?.toString());
  const open = (set: VisibleSet) =>
    explained(async () => {
      const reading = readingOf(question, cursor, set, tracking);
      const headers = await headersOf(asker, reading, format);
      const statement = question.render(reading.set, reading.page, tracking);
      const rows = inFormOf(format, statement, question);
      if (request.method === "HEAD") return { answer: noRows(), headers, contentType: format.mediaType };
      const answer = await dependencies.queries.stream(rows, format.written, {
        ...options,
        settings: { ...settings, ...format.settings },
        encoding,
      });
      return { answer, headers, contentType: format.mediaType };
    });
  return streamFromSet(dependencies, request, reply, open, also);
}

/** The evaluation that a question is answered with. Throws InvalidParameterError for a target that there is not. */
async function trackingOf({ trackingSets }: HttpDependencies, { targets }: RowsQuestion): Promise<TrackingSet | null> {
  if (targets === null) return null;
  const tracking = await trackingSets.current();
  for (const { parameter, target } of targets) {
    if (tracking.targets.includes(target)) continue;
    forParameter(parameter, () => {
      throw noSuchTarget(target, tracking.targets);
    });
  }
  return tracking;
}

/** All that an answer tells of an evaluation. */
function stateOf({ id, hasOtherRules, hasOtherLoads }: TrackingSet): string {
  return JSON.stringify([id, hasOtherRules, hasOtherLoads]);
}

/** Who asks for the head of an answer only does not make ClickHouse write all of it. */
const noRows = () => ({ stream: Readable.from([]), contentType: "", encoding: undefined });

/** One row more than the page is asked for: it tells whether there is another page. */
async function answerJson(asker: Asker, reading: Reading, format: Format): Promise<{ readonly body: Buffer }> {
  const { dependencies, question, options } = asker;
  const limit = question.limit ?? dependencies.settings.maxJsonRows;
  const statement = question.render(reading.set, { ...reading.page, limit: limit + 1 }, reading.tracking);
  const [bytes, warnings] = await Promise.all([
    dependencies.queries.bytes(statement, format.written, {
      ...options,
      settings: { ...options.settings, ...format.settings },
    }),
    warningsOf(asker, reading),
    requireUnmoved(asker, reading),
  ]);
  const { rows, count, isMore } = cutLines(bytes, limit);
  const next = isMore ? await nextCursor(asker, reading, reading.page.offset + limit) : null;
  const currencies = currenciesOf(question, rows);
  const facts = {
    rows: count,
    currency: currencies.length === 1 ? currencies[0] : null,
    currencies,
    publications: reading.publications,
    asOf: isoOf(reading.moment),
    from: reading.page.time.from,
    to: reading.page.time.to,
    ...(reading.tracking === null ? {} : { tracking: reading.tracking.id }),
    warnings,
    next,
  };
  return { body: Buffer.concat([Buffer.from('{"data":['), rows, Buffer.from(`],${JSON.stringify(facts).slice(1)}`)]) };
}

/** Typed files stop at 38 digits, and a CSV knows no tags. */
function inFormOf({ amounts, name }: Format, statement: Statement, question: RowsQuestion): Statement {
  if (amounts === "decimal38") return forTypedFile(statement, question);
  return name === "csv" ? forCsv(statement, question) : statement;
}

/** What JSON says behind its rows, other formats say before them. */
async function headersOf(asker: Asker, reading: Reading, format: Format): Promise<Record<string, string>> {
  const { dependencies, question, options } = asker;
  const amounts = format.amounts === "decimal38" ? question.amounts : [];
  const statement = factsOf(
    question.renderFacts(reading.set, reading.page, reading.tracking),
    question.hasCurrency,
    amounts,
  );
  const [[facts], warnings] = await Promise.all([
    dependencies.queries.rows(statement, options).then((rows) => z.array(CostFacts).parse(rows)),
    warningsOf(asker, reading),
    requireUnmoved(asker, reading),
  ]);
  const { rows, currencies, unfit } = facts ?? { rows: 0, currencies: [], unfit: 0 };
  const isMore = question.limit !== null && rows === question.limit;
  const next = isMore ? await nextCursor(asker, reading, reading.page.offset + rows) : null;
  const { from, to } = reading.page.time;
  return {
    "billhouse-rows": String(rows),
    "billhouse-currencies": (question.currency === null ? currencies : [question.currency]).join(", "),
    "billhouse-publications": reading.publications,
    "billhouse-as-of": isoOf(reading.moment),
    ...(reading.tracking === null ? {} : { "billhouse-tracking": reading.tracking.id }),
    "billhouse-warnings": warningsHeader([...warnings, ...cutAmounts(unfit)]),
    ...(next === null ? {} : { "billhouse-next": next }),
    "content-disposition": `attachment; filename="${[question.name, from, to].filter(Boolean).join("-")}.${format.ending}"`,
  };
}

async function warningsOf(
  { dependencies, question, options }: Asker,
  { set, page, tracking }: Reading,
): Promise<Warning[]> {
  const found = await Promise.all([
    warningsOfTime(dependencies, set, page.time, options),
    notConvertible(dependencies.queries, question.renderNotInUsd(set, page, tracking), options),
  ]);
  return [...found.flat(), ...warningsOfTracking(tracking)];
}

const NEW_LINE = 0x0a;
const COMMA = 0x2c;

/** The first lines of JSONEachRow as items of a JSON array, and whether there were more of them. */
function cutLines(
  bytes: Buffer,
  limit: number,
): { readonly rows: Buffer; readonly count: number; readonly isMore: boolean } {
  let count = 0;
  let end = 0;
  for (let at = bytes.indexOf(NEW_LINE); at >= 0 && count < limit; at = bytes.indexOf(NEW_LINE, end)) {
    bytes[at] = COMMA;
    end = at + 1;
    count += 1;
  }
  return { rows: bytes.subarray(0, Math.max(end - 1, 0)), count, isMore: end < bytes.length };
}

function currenciesOf(question: RowsQuestion, rows: Buffer): readonly string[] {
  if (question.currency !== null) return [question.currency];
  if (!question.hasCurrency) return [];
  const parsed = z.array(z.object({ billing_currency: z.string() })).parse(JSON.parse(`[${rows.toString()}]`));
  return [...new Set(parsed.map((row) => row.billing_currency))].toSorted();
}

function isoOf(moment: string): string {
  return `${moment.replace(" ", "T")}Z`;
}
