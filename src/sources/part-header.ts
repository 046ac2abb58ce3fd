import { constants, gunzipSync } from "node:zlib";
import { Readable } from "node:stream";
import { parse } from "csv-parse/sync";
import { FileError } from "../domain/errors.ts";

/** A part whose header has been read, and which still gives all of its stored bytes. */
export type OpenedPart = {
  readonly header: readonly string[];
  readonly encoding: "gzip" | "none";
  /** The stored bytes from the first on, as they are. */
  readonly body: Readable;
};

const HEADER_LIMIT_BYTES = 1024 * 1024;
const SIGNATURES: readonly (readonly [string, readonly number[], string])[] = [
  ["a Parquet file", [0x50, 0x41, 0x52, 0x31], "Only CSV can be imported, plain or gzipped"],
  ["a zip archive", [0x50, 0x4b, 0x03, 0x04], "Unpack it, or deliver CSV, plain or gzipped"],
  ["UTF-16 text", [0xff, 0xfe], "Save it as UTF-8"],
  ["UTF-16 text", [0xfe, 0xff], "Save it as UTF-8"],
];

/**
 * Reads the header of a CSV part and decides by its first bytes whether it is gzipped. The bytes are read once: what
 * was looked at is given again in `body`. Throws FileError when there is no header, or when the file is something else.
 */
export async function openPart(stream: Readable, place: string): Promise<OpenedPart> {
  const chunks: Buffer[] = [];
  const iterator: AsyncIterator<Buffer> = stream.iterator({ destroyOnReturn: true });
  try {
    for (let bytes = 0; ;) {
      const { value, done } = await iterator.next();
      if (done !== true) {
        chunks.push(value);
        bytes += value.length;
      }
      const start = Buffer.concat(chunks);
      requireCsv(start, place);
      const encoding = start[0] === 0x1f && start[1] === 0x8b ? "gzip" : "none";
      const text = encoding === "gzip" ? inflateStart(start, place) : start;
      const header = readHeader(text, done === true, place);
      if (header !== undefined) return { header, encoding, body: continueWith(chunks, iterator) };
      if (text.length > HEADER_LIMIT_BYTES || bytes > HEADER_LIMIT_BYTES) {
        throw new FileError(
          `${place}:1 No header within the first ${HEADER_LIMIT_BYTES} bytes. Is this a cost export?`,
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

function inflateStart(bytes: Buffer, place: string): Buffer {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 * HEADER_LIMIT_BYTES });
  } catch (cause) {
    throw new FileError(`${place}: The gzip data is corrupt from its beginning. Deliver the run again.`, { cause });
  }
}

/** The fields of the first record; undefined when it is not complete yet. */
function readHeader(text: Buffer, isWhole: boolean, place: string): string[] | undefined {
  const end = endOfRecord(text);
  if (end === -1 && !isWhole) return undefined;
  const record = text.subarray(0, end === -1 ? text.length : end);
  if (record.toString("utf8").replace("\uFEFF", "").trim() === "") {
    throw new FileError(`${place}:1 The file has no header: it is empty. Deliver the run again.`);
  }
  try {
    const [header] = parse(record, { bom: true, to: 1 });
    return header ?? [];
  } catch (cause) {
    throw new FileError(`${place}:1 The header is not CSV: ${cause instanceof Error ? cause.message : ""}.`, { cause });
  }
}

function endOfRecord(text: Buffer): number {
  let quoted = false;
  for (const [index, byte] of text.entries()) {
    if (byte === 0x22) quoted = !quoted;
    else if (byte === 0x0a && !quoted) return index;
  }
  return -1;
}

function continueWith(chunks: readonly Buffer[], iterator: AsyncIterator<Buffer>): Readable {
  const rest: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => iterator };
  async function* all(): AsyncGenerator<Buffer> {
    yield* chunks;
    yield* rest;
  }
  return Readable.from(all(), { objectMode: false });
}
