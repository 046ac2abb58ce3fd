import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { LineCounter } from "./line-counter.ts";
import { diagnoseNdjson, linesOfNdjson } from "./ndjson-diagnose.ts";
import type { NdjsonPart } from "./ndjson.ts";
import { RECORD_ENDS } from "./part-header.ts";
import type { CsvPart } from "./part-header.ts";
import { diagnoseGzip, textOf } from "./part-text.ts";
import type { Diagnosis } from "./part-text.ts";

/** A record of a part. Blank lines are none. */
type Position = {
  /** 0 is the header, 1 the first row. */
  readonly record: number;
  /** The line of the file on which it begins; the header is on line 1. */
  readonly line: number;
};

/** Why a part cannot be read to its end, where the record begins that cannot be read, and its text as far as it came. */
type Failure = { readonly error: unknown; readonly at: Position; readonly text: () => Buffer };

/** Ends a reading early: what was looked for is found. */
class Found extends Error {}

const RECORD_LIMIT_BYTES = 16 * 1024 * 1024;
const SHOWN_CHARACTERS = 80;
const [QUOTE, COMMA] = [0x22, 0x2c];

/**
 * Reads a part that ClickHouse refused once more, slowly, and finds the first record that is broken: the line on which
 * it begins, its number (the first row after the header is 1), its column and the text there. Undefined when nothing is found.
 */
export async function diagnosePart(
  part: CsvPart | NdjsonPart,
  path: string,
  signal?: AbortSignal,
): Promise<Diagnosis | undefined> {
  if (part.format === "ndjson") return diagnoseNdjson(part, path, signal);
  const count = part.header.length;
  let broken: Diagnosis | undefined;
  let suspect: Diagnosis | undefined;
  const failure = await readRecords(part, signal, (at, fields) => {
    const place = placeOf(path, at);
    if (fields.length !== count) {
      broken = { place, problem: diagnoseCount(part.header, fields) };
    } else if (fields[0]?.startsWith("\r") === true) {
      // ClickHouse refuses some of these, csv-parse none.
      suspect ??= { place, problem: "the record begins with a carriage return that ends no line" };
    }
    return broken !== undefined;
  });
  if (failure === undefined) return broken ?? suspect;
  const { error, at } = failure;
  if (error instanceof CsvError) return diagnoseCsv(error, failure, part.header, path);
  const problem = diagnoseGzip(error);
  if (problem === undefined) throw error;
  return { place: path, problem: `${problem}; read up to line ${at.line}` };
}

/** The lines on which these records begin; fewer when the part ends before. */
export async function linesOfRecords(
  part: CsvPart | NdjsonPart,
  records: readonly number[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, number>> {
  if (part.format === "ndjson") return linesOfNdjson(part, records, signal);
  const lines = new Map<number, number>();
  const wanted = new Set(records);
  await readRecords(part, signal, ({ record, line }) => {
    if (wanted.has(record)) lines.set(record, line);
    return lines.size === wanted.size;
  });
  return lines;
}

/** Shows every record to `visit` until that says true; undefined, or why the reading ended before. */
async function readRecords(
  part: CsvPart,
  signal: AbortSignal | undefined,
  visit: (at: Position, fields: readonly string[]) => boolean,
): Promise<Failure | undefined> {
  const lines = new LineCounter();
  let at: Position = { record: 0, line: 1 };
  const parser = parse({
    bom: true,
    relax_column_count: true,
    record_delimiter: RECORD_ENDS,
    max_record_size: RECORD_LIMIT_BYTES,
    on_record: (fields: readonly string[], { bytes }) => {
      const isBlank = fields.length === 1 && fields[0] === "";
      if (!isBlank && visit(at, fields)) throw new Found();
      at = { record: isBlank ? at.record : at.record + 1, line: lines.lineAt(bytes) };
      return null; // nothing leaves the parser, only the position counts
    },
  });
  const options = signal === undefined ? {} : { signal };
  try {
    await pipeline(textOf(part), lines.watch, parser, drain, options);
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return error instanceof Found ? undefined : { error, at, text: () => lines.ahead(RECORD_LIMIT_BYTES) };
  }
}

async function drain(records: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of records);
}

function diagnoseCount(header: readonly string[], fields: readonly string[]): string {
  const counts = `the header has ${header.length} fields, this record ${fields.length}`;
  if (fields.length > header.length) {
    return `${counts}: behind ${header.at(-1) ?? ""} follows ${shown(fields.slice(header.length).join(","))}`;
  }
  const first = header[fields.length] ?? "";
  const missing = header.length - fields.length === 1 ? `${first} is missing` : `${first} and what follows is missing`;
  return `${counts}: ${missing} in ${shown(fields.join(","))}`;
}

function diagnoseCsv(
  { code, message, ...details }: CsvError,
  { at, text }: Failure,
  header: readonly string[],
  path: string,
): Diagnosis {
  const place = placeOf(path, at);
  const index: unknown = details["column"];
  if (typeof index !== "number") return { place, problem: message };
  const column = header[index] ?? `column ${index + 1}, behind the last of the header`;
  return { place, problem: `${column}: ${problemOf(code) ?? message}: ${shown(fieldAt(text(), index))}` };
}

function problemOf(code: string): string | undefined {
  switch (code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return "a quote is opened and never closed";
    case "CSV_MAX_RECORD_SIZE":
      return "a quote is opened and not closed within 16 MB";
    case "CSV_INVALID_CLOSING_QUOTE":
      return "a quote is not closed, or one inside of the field is not doubled";
    case "INVALID_OPENING_QUOTE":
      return "a quote stands inside of a field that does not begin with one";
    default:
      return undefined;
  }
}

/** The text from the beginning of a field of a record on; the fields before it are sound. */
function fieldAt(record: Buffer, index: number): string {
  let start = 0;
  for (let at = 0, left = index, isQuoted = false; left > 0 && at < record.length; at++) {
    if (record[at] === QUOTE) isQuoted = !isQuoted;
    else if (record[at] === COMMA && !isQuoted) [left, start] = [left - 1, at + 1];
  }
  return record.toString("utf8", start, start + 4 * SHOWN_CHARACTERS);
}

/** The text in quotes, cut, on one line. */
function shown(text: string): string {
  return JSON.stringify(Array.from(text).slice(0, SHOWN_CHARACTERS).join("")).replaceAll('\\"', '"');
}

function placeOf(path: string, { line, record }: Position): string {
  return `${path}:${line} (${record === 0 ? "header" : `record ${record}`})`;
}
