import { isBlank, readLine, withoutMark } from "./ndjson.ts";
import type { NdjsonPart } from "./ndjson.ts";
import { diagnoseGzip, textOf } from "./part-text.ts";
import type { Diagnosis } from "./part-text.ts";

/** A line that holds a record, and which record that is; both from 1. */
type Line = { readonly text: Buffer; readonly line: number; readonly record: number };

const LINE_LIMIT_BYTES = 64 * 1024 * 1024;
const LINE_FEED = 0x0a;

/**
 * Reads a part that ClickHouse refused once more, slowly, and finds the first line that is no record, or has a key that
 * none of the first records had. Undefined when nothing is found.
 */
export async function diagnoseNdjson(
  part: NdjsonPart,
  path: string,
  signal?: AbortSignal,
): Promise<Diagnosis | undefined> {
  const known = new Set(part.header);
  let at = 1;
  try {
    for await (const { text, line, record } of splitPart(part, signal)) {
      at = line;
      const place = `${path}:${line} (record ${record})`;
      const found = readLine(text);
      if ("problem" in found) return { place, problem: found.problem };
      const late = found.keys.find((key) => !known.has(key));
      if (late !== undefined) return { place, problem: describeLate(late) };
    }
  } catch (error) {
    signal?.throwIfAborted();
    const problem = diagnoseGzip(error);
    if (problem === undefined) throw error;
    return { place: path, problem: `${problem}; read up to line ${at}` };
  }
  return undefined;
}

/** The lines of these records; fewer when the part ends before. */
export async function linesOfNdjson(
  part: NdjsonPart,
  records: readonly number[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, number>> {
  const lines = new Map<number, number>();
  const wanted = new Set(records);
  for await (const { line, record } of splitPart(part, signal)) {
    if (wanted.has(record)) lines.set(record, line);
    if (lines.size === wanted.size) break;
  }
  return lines;
}

function describeLate(key: string): string {
  return (
    `the key ${JSON.stringify(Array.from(key).slice(0, 80).join(""))} is in none of the first records, which say what ` +
    "columns there are: give it in the first record, with null where there is no value"
  );
}

async function* splitPart(part: NdjsonPart, signal: AbortSignal | undefined): AsyncGenerator<Line> {
  let line = 1;
  let record = 1;
  let begun: Buffer[] = []; // chunks of a line that is not whole yet
  let length = 0;
  try {
    for await (const chunk of textOf(part)) {
      signal?.throwIfAborted();
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        const bytes = Buffer.concat([...begun, chunk.subarray(start, end)]);
        const text = line === 1 ? withoutMark(bytes) : bytes;
        [begun, length, start] = [[], 0, end + 1];
        if (!isBlank(text)) yield { text, line, record: record++ };
        line++;
      }
      begun.push(chunk.subarray(start));
      length += chunk.length - start;
      if (length > LINE_LIMIT_BYTES) break; // no record is that long: whatever is read of it shows that it is broken
    }
    const bytes = Buffer.concat(begun);
    const text = line === 1 ? withoutMark(bytes) : bytes;
    if (!isBlank(text)) yield { text, line, record };
  } finally {
    part.body.destroy();
  }
}
