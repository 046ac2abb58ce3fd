import type { Readable } from "node:stream";
import { FileError } from "../domain/errors.ts";

/** A part of which each line is a JSON object, whose first records were read, and which still gives all of its stored bytes. */
export type NdjsonPart = {
  readonly format: "ndjson";
  /** The keys of the first records, each in the place where it came first. */
  readonly header: readonly string[];
  readonly encoding: "gzip" | "none";
  /** The stored bytes from the first on, as they are. Destroying it closes the part, also before it is read. */
  readonly body: Readable;
};

/** What a line holds: a record, or nothing that is one. */
export type NdjsonLine = { readonly keys: readonly string[] } | { readonly problem: string };

const SHOWN_CHARACTERS = 80;
const MOST_KEYS = 1000;
const [LINE_FEED, OPENING_BRACE, OPENING_BRACKET] = [0x0a, 0x7b, 0x5b];
const BYTE_ORDER_MARK = Buffer.from("\uFEFF");
const BLANKS: ReadonlySet<number> = new Set([0x09, LINE_FEED, 0x0d, 0x20]);
const AGAIN = "Nothing was published. Send it again with one JSON object in each line.";

/** Whether a text is JSON, by its first byte that is no blank: no header of a CSV file begins with a brace or bracket. */
export function isJson(text: Buffer): boolean {
  const first = firstByteOf(text);
  return first === OPENING_BRACE || first === OPENING_BRACKET;
}

/**
 * The keys of all records of the text that are whole, which is the beginning of a part or all of it. Throws FileError
 * when one of its lines is no record.
 */
export function readKeys(text: Buffer, isWhole: boolean, place: string): string[] {
  if (firstByteOf(text) === OPENING_BRACKET) {
    throw new FileError(`${place}:1 This is a JSON array, not NDJSON. ${AGAIN}`);
  }
  const end = isWhole ? text.length : text.lastIndexOf(LINE_FEED);
  if (end === -1) {
    throw new FileError(`${place}:1 The first line does not end within the first ${text.length} bytes. ${AGAIN}`);
  }
  const keys = new Set<string>();
  for (const { text: bytes, line, record } of splitLines(withoutMark(text.subarray(0, end)))) {
    const found = readLine(bytes);
    if ("problem" in found) throw new FileError(`${place}:${line} (record ${record}) ${found.problem}. ${AGAIN}`);
    for (const key of found.keys) keys.add(key);
  }
  if (keys.size > MOST_KEYS) {
    throw new FileError(
      `${place}:1 There are ${keys.size} different keys, more than ${MOST_KEYS}. Send what has names of its own, such as ` +
        "tags, as one object.",
    );
  }
  if (keys.has("")) throw new FileError(`${place}:1 One of the keys is empty. Give it a name, or leave it out.`);
  return [...keys];
}

/** Reads one line, which is not blank. */
export function readLine(line: Buffer): NdjsonLine {
  const text = line.toString("utf8");
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { keys: Object.keys(value) };
  } catch (error) {
    return { problem: `the JSON is broken: ${error instanceof Error ? error.message : String(error)}` };
  }
  const shown = Array.from(text.trim()).slice(0, SHOWN_CHARACTERS).join("");
  return { problem: `expected a JSON object, got ${shown}` };
}

/** Whether a line holds no record. */
export function isBlank(line: Buffer): boolean {
  return line.every((byte) => BLANKS.has(byte));
}

/** The lines that are not blank, and which they are; the first line and the first record are 1. */
function* splitLines(text: Buffer): Generator<{ text: Buffer; line: number; record: number }> {
  for (let start = 0, line = 1, record = 1; start < text.length; line++) {
    const end = text.indexOf(LINE_FEED, start);
    const bytes = text.subarray(start, end === -1 ? text.length : end);
    start += bytes.length + 1;
    if (!isBlank(bytes)) yield { text: bytes, line, record: record++ };
  }
}

/** The text behind a byte order mark. */
export function withoutMark(text: Buffer): Buffer {
  const hasMark = text.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return hasMark ? text.subarray(BYTE_ORDER_MARK.length) : text;
}

/** The first byte that is no blank. */
function firstByteOf(text: Buffer): number | undefined {
  return withoutMark(text).find((byte) => !BLANKS.has(byte));
}
