import { isUtf8 } from "node:buffer";
import { constants, createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import { parse } from "csv-parse/sync";
import { FileError } from "../domain/errors.ts";
import { isBlank, isJson, readKeys, withoutMark } from "./ndjson.ts";
import type { NdjsonPart } from "./ndjson.ts";

/** A CSV part whose header has been read, and which still gives all of its stored bytes. */
export type CsvPart = {
  readonly format: "csv";
  readonly header: readonly string[];
  readonly encoding: "gzip" | "none";
  /** The stored bytes from the first on, as they are. Destroying it closes the part, also before it is read. */
  readonly body: Readable;
};

/** How records end for ClickHouse, in the order in which they are tried. A carriage return alone ends nothing. */
export const RECORD_ENDS = ["\r\n", "\n\r", "\n"];

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const HEADER_LIMIT_BYTES = 1024 * 1024;
const SIGNATURES: readonly (readonly [string, readonly number[], string])[] = [
  ["a zip archive", [0x50, 0x4b, 0x03, 0x04], "Unpack it, or deliver CSV, plain or gzipped, or Parquet"],
  ["UTF-16 text", [0xff, 0xfe], "Save it as UTF-8"],
  ["UTF-16 text", [0xfe, 0xff], "Save it as UTF-8"],
];

/**
 * Reads the header of a CSV part, or the keys of the first records of NDJSON, and decides by its first bytes which of
 * them it is and whether it is gzipped. The bytes are read once: what was looked at is given again in `body`. Throws
 * FileError when there is no header, or when the file is something else.
 */
export async function openTextPart(stream: Readable, place: string): Promise<CsvPart | NdjsonPart> {
  const chunks: Buffer[] = [];
  const iterator: AsyncIterator<Buffer, undefined> = stream.iterator({ destroyOnReturn: true });
  try {
    for (let byteCount = 0, enough = 0; ;) {
      const { value, done } = await iterator.next();
      if (done !== true) {
        chunks.push(value);
        byteCount += value.length;
        if (byteCount < enough) continue;
        enough = 2 * byteCount; // looking again only at twice as much keeps the work in proportion to the bytes
      }
      const start = Buffer.concat(chunks);
      requireCsv(start, place);
      const encoding = start[0] === 0x1f && start[1] === 0x8b ? "gzip" : "none";
      const text = encoding === "gzip" ? await inflateStart(start, done === true, place) : start;
      const isLong = text.length >= HEADER_LIMIT_BYTES || start.length >= HEADER_LIMIT_BYTES;
      if (isBlank(withoutMark(text)) && done !== true && !isLong) continue; // nothing says yet what it is
      if (isJson(text)) {
        if (done !== true && !isLong) continue; // the more records, the surer that no key comes later
        const isWhole = done === true && text.length < HEADER_LIMIT_BYTES;
        const header = readKeys(text.subarray(0, HEADER_LIMIT_BYTES), isWhole, place);
        return { format: "ndjson", header, encoding, body: continueWith(chunks, iterator, stream) };
      }
      const header = readHeader(text, done === true, place);
      if (header !== undefined) {
        return { format: "csv", header, encoding, body: continueWith(chunks, iterator, stream) };
      }
      if (isLong) {
        throw new FileError(
          `${place}:1 No header within the first ${HEADER_LIMIT_BYTES} bytes. Check that this is a cost export, in CSV or Parquet.`,
        );
      }
    }
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

function requireCsv(start: Buffer, place: string): void {
  for (const [what, signature, remedy] of SIGNATURES) {
    if (signature.every((byte, index) => start[index] === byte)) {
      throw new FileError(`${place}: This is ${what}, not CSV. ${remedy}.`);
    }
  }
}

/** As much of the text as a header may have. What is broken further on is found by whoever reads that far. */
async function inflateStart(bytes: Buffer, isWhole: boolean, place: string): Promise<Buffer> {
  const gunzip = createGunzip(isWhole ? {} : { finishFlush: constants.Z_SYNC_FLUSH });
  gunzip.end(bytes);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= HEADER_LIMIT_BYTES) break;
    }
  } catch (cause) {
    const text = Buffer.concat(chunks);
    if (endOfRecord(text) !== -1) return text;
    throw new FileError(`${place}:1 The gzip data is truncated or corrupt in the header. Deliver the run again.`, {
      cause,
    });
  }
  return Buffer.concat(chunks);
}

/** The fields of the first record; undefined when it is not complete yet. */
function readHeader(text: Buffer, isWhole: boolean, place: string): string[] | undefined {
  const end = endOfRecord(text);
  if (end === -1 && !isWhole) return undefined;
  const line = text.subarray(0, end === -1 ? text.length : end);
  const record = line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  if (record.includes(0)) {
    throw new FileError(`${place}:1 There are NUL bytes in the header: this is no UTF-8 text. Save it as UTF-8.`);
  }
  if (!isUtf8(record)) {
    throw new FileError(`${place}:1 The header is not UTF-8 text. Save the file as UTF-8.`);
  }
  if (record.toString("utf8").replace("\uFEFF", "").trim() === "") {
    const what = text.length === 0 ? "The file is empty" : "The first line is blank";
    throw new FileError(`${place}:1 ${what}, but even an export without rows has a header. Deliver the run again.`);
  }
  const header = parseHeader(record, place);
  if (header.some((name) => name.includes("\r"))) {
    throw new FileError(`${place}:1 Lines end with a carriage return alone. Save the file with LF or CRLF.`);
  }
  return header;
}

function parseHeader(record: Buffer, place: string): string[] {
  try {
    return parse(record, { bom: true, record_delimiter: RECORD_ENDS, to: 1 })[0] ?? [];
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new FileError(`${place}:1 The header is not CSV: ${problem}. Deliver the run again.`, { cause });
  }
}

function endOfRecord(text: Buffer): number {
  let quoted = false;
  for (const [index, byte] of text.entries()) {
    if (byte === QUOTE) quoted = !quoted;
    else if (byte === LINE_FEED && !quoted) return index;
  }
  return -1;
}

/** The chunks and then what the iterator still gives; closing it closes `stream`, out of which they all come. */
export function continueWith(
  chunks: readonly Buffer[],
  iterator: AsyncIterator<Buffer, undefined>,
  stream: Readable,
): Readable {
  const rest: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => iterator };
  async function* all(): AsyncGenerator<Buffer> {
    yield* chunks;
    yield* rest;
  }
  const body = Readable.from(all(), { objectMode: false });
  body.once("close", () => stream.destroy()); // a generator that was never started does not close what it would read
  return body;
}
