import { createReadStream } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { formatBytes, formatCount } from "../src/commands/format.ts";
import { formatSum, toSumUnits } from "../src/demo/decimal.ts";
import { createEstate } from "../src/demo/estate.ts";
import { folderSink } from "../src/demo/sink.ts";
import { writeExport } from "../src/demo/write-export.ts";
import { daysOfMonth, parseMonth } from "../src/domain/month.ts";
import { provide } from "./cache.ts";
import type { Note } from "./mode.ts";
import { repeatExport } from "./repeat-export.ts";

/** How large a generated export is, and how it is stored. */
export type ExportSize = { readonly rows: number; readonly parts: number; readonly isGzipped: boolean };

/** What is known of an export from its generation. */
export const ExportFacts = z.object({
  rowCount: z.number(),
  rawByteCount: z.number(),
  /** Paths below the directory. */
  parts: z.array(z.object({ path: z.string(), byteCount: z.number(), rowCount: z.number() })),
  /** Path of the manifest below the directory. */
  manifestPath: z.string(),
  /** The exact sum of the costs, made from the generated text. */
  total: z.string(),
  /** What it cost to generate it. */
  generatedInSeconds: z.number(),
});

/** What is known of an export from its generation. */
export type ExportFacts = z.infer<typeof ExportFacts>;

/** An export on disk. */
export type GeneratedExport = ExportFacts & { readonly directory: string };

const MONTH = parseMonth("2026-05");
const STORED_BYTES_PER_ROW = { gzip: 120, plain: 920 };
/** Larger exports repeat the records of one that has so many: generating takes 26 s for a million. */
const DISTINCT_ROWS = 1_000_000;

/**
 * Generates an EA export of 55 columns, or takes the same one of an earlier time. Its bytes are in the page cache.
 * Another seed makes another billing account with other subscriptions.
 */
export async function provideExport(size: ExportSize, note: Note, seed = "bench"): Promise<GeneratedExport> {
  const { rows, parts, isGzipped } = size;
  const { directory, facts, isFromCache } = await provide({
    name: `${seed}-${rows}x${parts}${isGzipped ? "-gz" : ""}`,
    madeOf: ["../src/demo", "exports.ts", "repeat-export.ts"],
    facts: ExportFacts,
    byteCount: rows * STORED_BYTES_PER_ROW[isGzipped ? "gzip" : "plain"],
    make: (folder) => (rows > DISTINCT_ROWS ? repeat(folder, size, note, seed) : generate(folder, size, seed)),
  });
  for (const { path } of facts.parts) for await (const _ of createReadStream(join(directory, path)));
  note(describe({ ...facts, directory }, isFromCache));
  return { ...facts, directory };
}

/** Demands that every row of the export arrived, and every digit of its costs. */
export function requireTotals(generated: ExportFacts, arrived: { rows: string; total: string }, who: string): void {
  if (arrived.rows === `${generated.rowCount}` && toSumUnits(arrived.total) === toSumUnits(generated.total)) return;
  throw wrongTotals(generated, arrived, who);
}

/** Demands the same of someone who computes with floating point: every row, and the sum to nine digits. */
export function requireTotalsAbout(
  generated: ExportFacts,
  arrived: { rows: string; total: string },
  who: string,
): void {
  const difference = Math.abs(Number(arrived.total) / Number(generated.total) - 1);
  if (arrived.rows === `${generated.rowCount}` && difference < 1e-9) return;
  throw wrongTotals(generated, arrived, who);
}

function wrongTotals(generated: ExportFacts, arrived: { rows: string; total: string }, who: string): Error {
  return new Error(
    `${who}: ${arrived.rows} rows with ${arrived.total} arrived of ${generated.rowCount} with ${generated.total}. ` +
      "A figure of wrong totals is worth nothing: find the difference first.",
  );
}

async function repeat(directory: string, size: ExportSize, note: Note, seed: string): Promise<ExportFacts> {
  const copies = size.rows / DISTINCT_ROWS;
  if (!Number.isInteger(copies)) {
    throw new Error(`${size.rows} rows: more than ${formatCount(DISTINCT_ROWS)} have to be a multiple of that.`);
  }
  const base = await provideExport({ ...size, rows: DISTINCT_ROWS }, note, seed);
  return repeatExport(base, copies, directory);
}

async function generate(directory: string, { rows, parts, isGzipped }: ExportSize, seed: string): Promise<ExportFacts> {
  const started = performance.now();
  const { rowCount, rawByteCount, manifestPath, ...written } = await writeExport(folderSink(directory), {
    estate: createEstate({ seed, agreement: "ea", currency: "EUR", subscriptions: 40, resources: 8000 }),
    columns: "ea-2023-12-01-preview",
    dataset: "actual",
    days: daysOfMonth(MONTH),
    rows,
    parts,
    level: 6,
    gzip: isGzipped,
    bom: false,
    eol: "\n",
    exportName: "bench",
    runId: "3f0c6a52-5b7e-4c1d-9a83-0e7b1d2f4c66",
    submittedAt: "2026-06-03T04:12:31.7047394Z",
    layout: "overwrite",
    rootFolder: "exports",
  });
  const total = formatSum(written.sums.reduce((sum, one) => sum + one.sum, 0n));
  const generatedInSeconds = (performance.now() - started) / 1000;
  return { rowCount, rawByteCount, parts: [...written.parts], manifestPath, total, generatedInSeconds };
}

function describe({ rowCount, parts, rawByteCount, directory, generatedInSeconds }: GeneratedExport, isKept: boolean) {
  const stored = parts.reduce((sum, part) => sum + part.byteCount, 0);
  return (
    `${formatCount(rowCount)} rows, ${formatBytes(rawByteCount)} of CSV, stored in ${parts.length} ` +
    `${parts.length === 1 ? "file" : "files"} of ${formatBytes(stored)} together; ` +
    `${isKept ? "kept from an earlier time, generated then" : "generated"} in ${generatedInSeconds.toFixed(1)} s, in ${directory}`
  );
}
