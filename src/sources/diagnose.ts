import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { CsvError, parse } from "csv-parse";

/** What is wrong with a part, and where. */
export type Diagnosis = { readonly place: string; readonly problem: string };

type Opened = { readonly body: Readable; readonly encoding: "gzip" | "none"; readonly header: readonly string[] };

/**
 * Reads a part that ClickHouse refused once more, slowly, and finds the first record that is broken: the line on which
 * it begins, its number (the first row after the header is 1) and its column. Undefined when nothing is found.
 */
export async function diagnosePart(part: Opened, path: string, signal?: AbortSignal): Promise<Diagnosis | undefined> {
  let records = 0;
  let line = 1;
  const parser = parse({ bom: true, info: true, relax_column_count: false, skip_empty_lines: false });
  const last = async (entries: AsyncIterable<{ info: { lines: number; records: number } }>) => {
    for await (const { info } of entries) {
      records = info.records;
      line = info.lines;
    }
  };
  const options = signal === undefined ? {} : { signal };
  try {
    if (part.encoding === "gzip") await pipeline(part.body, createGunzip(), parser, last, options);
    else await pipeline(part.body, parser, last, options);
    return undefined;
  } catch (error) {
    if (error instanceof CsvError) return diagnoseCsv(error, part.header, path);
    return diagnoseGzip(error, path, line, Math.max(records - 1, 0));
  }
}

/** The line on which a record begins (the header is on line 1); undefined when the part has no such record. */
export async function lineOfRecord(part: Opened, record: number): Promise<number | undefined> {
  const parser = parse({ bom: true, info: true, relax_column_count: true });
  const text = part.encoding === "gzip" ? part.body.pipe(createGunzip()).pipe(parser) : part.body.pipe(parser);
  let begin = 1;
  for await (const entry of text) {
    const { info } = entry as { info: { lines: number; records: number } };
    if (info.records === record + 1) {
      part.body.destroy();
      return begin;
    }
    begin = info.lines + 1;
  }
  return undefined;
}

function diagnoseCsv(error: CsvError, header: readonly string[], path: string): Diagnosis {
  const details = error as CsvError & { lines?: number; records?: number; column?: number | string; record?: string[] };
  const line = details.lines ?? 0;
  const record = details.records ?? 0;
  const at = { place: `${path}:${line} (record ${record})` };
  switch (error.code) {
    case "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH":
    case "CSV_RECORD_INCONSISTENT_COLUMNS":
      return {
        ...at,
        problem: `the header has ${header.length} fields, this record ${details.record?.length ?? "another number"}`,
      };
    case "CSV_QUOTE_NOT_CLOSED":
      return { ...at, problem: `a quote is opened${columnOf(details.column, header)} and never closed` };
    case "CSV_INVALID_CLOSING_QUOTE":
    case "INVALID_OPENING_QUOTE":
      return { ...at, problem: `a quote stands inside of a field${columnOf(details.column, header)}` };
    default:
      return { ...at, problem: error.message };
  }
}

function columnOf(column: number | string | undefined, header: readonly string[]): string {
  return typeof column === "number" ? ` in column ${header[column] ?? column + 1}` : "";
}

function diagnoseGzip(error: unknown, path: string, line: number, record: number): Diagnosis {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const place = `${path}:${line} (after record ${record})`;
  if (code === "Z_BUF_ERROR") return { place, problem: "the gzip data ends too early, the file is truncated" };
  if (code === "Z_DATA_ERROR") return { place, problem: "the gzip data is corrupt (wrong checksum or bytes)" };
  throw error;
}
