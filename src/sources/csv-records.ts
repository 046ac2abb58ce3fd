import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { stringify } from "lossless-json";
import type { Page } from "./api-pages.ts";
import { byteStream } from "./byte-stream.ts";
import type { JsonRecord, JsonValue } from "./json-record.ts";
import { textOf, unreadable } from "./json-record.ts";
import { isForeignName, RECORD_COLUMNS } from "./record-columns.ts";
import type { RecordColumn } from "./record-columns.ts";

/** Holds, as one JSON object, the fields of an item that have no column of their own. */
const OTHER_FIELDS = "AdditionalProperties";

/** Names that can be a column's as they are; others, such as `@odata.etag`, are kept in `OTHER_FIELDS`. */
const PLAIN_NAME = /^[a-z_][\w.-]{0,79}$/i;
const MOST_OWN_COLUMNS = 200;
const SILENCE_MS = 10_000;
const BLANK_LINE = Buffer.from("\n");
const CHUNK_CHARACTERS = 128 * 1024;
const NEEDS_QUOTES = /["\p{Cc},]|^\s|\s$/u;

/**
 * Pages of items as the bytes of a CSV file with a header: the columns that cost files have, the other fields of the
 * first items, and `OTHER_FIELDS` for what comes later. No more than one page is read ahead of whoever reads the stream.
 * What the pages throw ends the stream as it is; ApiError does when a page holds the items of an earlier one. While a
 * page is awaited there is a blank line, which is no record, every `silenceMs`.
 */
export function streamRecords(
  pages: (signal: AbortSignal) => AsyncIterable<Page>,
  signal?: AbortSignal,
  silenceMs = SILENCE_MS,
): Promise<Readable> {
  const stop = new AbortController();
  return byteStream(withBlankLines(writeRecords(pages(stop.signal)), silenceMs), stop, signal);
}

/** A page may take minutes, and a ClickHouse server lets go of a body that is silent for 30 s. */
async function* withBlankLines(chunks: AsyncGenerator<Buffer, void>, silenceMs: number): AsyncGenerator<Buffer, void> {
  try {
    const first = await chunks.next();
    if (first.done === true) return;
    yield first.value;
    for (let next = chunks.next(); ;) {
      const result = await within(next, silenceMs);
      if (result === "late") {
        yield BLANK_LINE; // each chunk ends with a whole line
        continue;
      }
      if (result.done === true) return;
      yield result.value;
      next = chunks.next();
    }
  } finally {
    void chunks.return().catch(() => undefined);
  }
}

async function within<Result>(result: Promise<Result>, limitMs: number): Promise<Result | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => (timer = setTimeout(resolve, limitMs, "late")));
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function* writeRecords(pages: AsyncIterable<Page>): AsyncGenerator<Buffer, void> {
  const earlier = new Set<string>();
  let columns: readonly RecordColumn[] | undefined;
  for await (const { items, place } of pages) {
    if (items.length === 0) continue;
    if (columns === undefined) {
      columns = [...RECORD_COLUMNS, ...ownColumns(items)];
      yield headerOf(columns);
    }
    const hash = createHash("sha256");
    for (const chunk of inChunks(items, columns)) {
      hash.update(chunk);
      yield chunk;
    }
    requireNew(hash.digest("base64"), place, earlier);
  }
  if (columns === undefined) yield headerOf(RECORD_COLUMNS);
}

/** Only a fingerprint of each page is kept. */
function requireNew(digest: string, place: string, earlier: Set<string>): void {
  if (earlier.has(digest)) throw unreadable(place, "holds the items of an earlier page once more");
  earlier.add(digest);
}

/** The fields of the first items that cost files do not have. */
function ownColumns(items: readonly JsonRecord[]): RecordColumn[] {
  const taken = new Set(
    [...RECORD_COLUMNS.map(({ header }) => header), OTHER_FIELDS].map((name) => name.toLowerCase()),
  );
  const own: RecordColumn[] = [];
  for (const item of items) {
    for (const [header] of fill(RECORD_COLUMNS, item).others) {
      const field = header.toLowerCase();
      if (taken.has(field) || !PLAIN_NAME.test(header) || isForeignName(field)) continue;
      if (own.length === MOST_OWN_COLUMNS) return own;
      taken.add(field);
      own.push({ header, fields: [field] });
    }
  }
  return own;
}

/** The values of an item by column, and its fields for which there is none. */
function fill(columns: readonly RecordColumn[], item: JsonRecord) {
  const fields = new Map<string, readonly [string, JsonValue]>();
  for (const [name, value] of Object.entries(item)) {
    const field = name.toLowerCase();
    fields.set(fields.has(field) ? name : field, [name, value]);
  }
  const values = columns.map((column) => {
    const field = column.fields.find((candidate) => fields.has(candidate));
    const value = field === undefined ? undefined : fields.get(field)?.[1];
    if (field !== undefined) fields.delete(field);
    return value;
  });
  return { values, others: [...fields.values()] };
}

function headerOf(columns: readonly RecordColumn[]): Buffer {
  return Buffer.from(lineOf([...columns.map(({ header }) => header), OTHER_FIELDS]));
}

function* inChunks(items: readonly JsonRecord[], columns: readonly RecordColumn[]): Generator<Buffer, void> {
  let lines = "";
  for (const item of items) {
    const { values, others } = fill(columns, item);
    const rest = others.length === 0 ? "" : (stringify(Object.fromEntries(others)) ?? "");
    lines += lineOf([...values.map(textOf), rest]);
    if (lines.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(lines);
    lines = "";
  }
  if (lines !== "") yield Buffer.from(lines);
}

function lineOf(cells: readonly string[]): string {
  let line = "";
  for (const cell of cells) line += NEEDS_QUOTES.test(cell) ? `,"${cell.replaceAll('"', '""')}"` : `,${cell}`;
  return `${line.slice(1)}\n`;
}
