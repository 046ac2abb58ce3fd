import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { createActivities } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { Load } from "../../src/domain/load.ts";
import { daysOfMonth, monthOf, parseMonth } from "../../src/domain/month.ts";
import type { Dataset, Run } from "../../src/domain/run.ts";
import { SOURCE_DEFAULTS, type FolderSource } from "../../src/domain/source.ts";
import { createFolderStore } from "../../src/sources/folder.ts";
import { PART_LIMIT_BYTES } from "../../src/sources/part-limit.ts";
import type { StoredFile } from "../../src/sources/store.ts";
import type { RunOutcome, SourceReport } from "../../workflows/import-source.ts";
import { aRun, type RenderedRun, type RunOptions } from "./exports.ts";
import { openNoExtractor } from "./no-extractor.ts";
import { addFolderSource, importAll, type TestSource } from "./warehouse.ts";

/** A run of one part that has exactly these bytes; the manifest says nothing of its rows. */
export function aFile(bytes: string | Buffer, options: Partial<RunOptions> = {}): RenderedRun {
  const run = aRun({ dataset: "actual", lines: [], ...options }).withPart(
    0,
    typeof bytes === "string" ? Buffer.from(bytes) : bytes,
  );
  return run.withManifest(({ blobs, ...manifest }) => ({
    ...manifest,
    dataRowCount: undefined, // which JSON leaves out
    blobs: blobs.map(({ blobName, byteCount }) => ({ blobName, byteCount })),
  }));
}

/** A folder source of its own, into which runs are delivered. */
export type Inbox = {
  readonly source: TestSource;
  /** Puts the runs into the source's folder and imports what is there. */
  deliver(...runs: readonly RenderedRun[]): Promise<SourceReport>;
  /** What the expressions are for every published row of the source, in the order of its runs and files. */
  select(...expressions: readonly string[]): Promise<Record<string, string | null>[]>;
  /** The exact sum of an amount over the published rows, plain and without surplus zeros; of one currency. */
  sum(column: string, currency: string): Promise<string>;
};

let inboxes = 0;

// Not the views: all sources of a test file deliver the same subscription, of which there only one answers.
const published = `cost_entries WHERE source = {source:String} AND load_id IN (SELECT load_id FROM current_loads)`;

/** Adds a source of its own to a warehouse; its folder is gone after the test. */
export async function anInbox(
  warehouse: Warehouse,
  settings: Partial<Omit<FolderSource, "kind" | "path">> = {},
): Promise<Inbox> {
  const inbox = await openInbox(warehouse, settings);
  onTestFinished(async () => inbox.source.remove());
  return inbox;
}

/** Adds a source of its own to a warehouse; the caller removes its folder. */
export async function openInbox(
  warehouse: Warehouse,
  settings: Partial<Omit<FolderSource, "kind" | "path">> = {},
): Promise<Inbox> {
  const source = await addFolderSource(warehouse, { name: `inbox-${++inboxes}`, ...settings });
  return {
    source,
    async deliver(...runs) {
      for (const run of runs) await run.writeTo(source.path);
      return importAll(warehouse, source.name);
    },
    async select(...expressions) {
      const texts = expressions.map((expression) => `toString(${expression}) AS "${expression}"`);
      const rows = await warehouse.rows(`SELECT ${texts.join(", ")} FROM ${published} ORDER BY load_id, line`, {
        source: source.name,
      });
      return z.array(z.record(z.string(), z.string().nullable())).parse(rows);
    },
    async sum(column, currency) {
      const rows = await warehouse.rows(
        `SELECT toString(sum(${column})) AS total FROM ${published} AND billing_currency = {currency:String}`,
        { source: source.name, currency },
      );
      return z.tuple([z.object({ total: z.string() })]).parse(rows)[0].total;
    },
  };
}

/** What came of a run; throws when the report does not know it. */
export function outcomeOf(report: SourceReport, run: RenderedRun): RunOutcome {
  const outcome = report.runs.find(({ runId }) => runId === run.runId);
  if (outcome === undefined) throw new RangeError(`Nothing came of ${run.runId}: ${JSON.stringify(report.problems)}`);
  return outcome;
}

/** Why a run was not imported; throws when it was. */
export function failureOf(report: SourceReport, run: RenderedRun): { name: string; message: string } {
  const outcome = outcomeOf(report, run);
  if (outcome.outcome !== "failed") throw new RangeError(`The run is ${outcome.outcome}`);
  return { name: outcome.errorName, message: outcome.error };
}

/** Loads a file of any bytes as an import would, without publishing it. */
export async function loadFile(
  warehouse: Warehouse,
  bytes: Buffer,
  dataset: Dataset = "actual",
  partLimitBytes?: number,
): Promise<Load> {
  const folder = await mkdtemp(join(tmpdir(), "billhouse-part-"));
  try {
    await writeFile(join(folder, PART), bytes);
    return await loadFrom(warehouse, folder, dataset, partLimitBytes);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Loads the file `part.csv` of a folder as an import would, without publishing it. */
export async function loadFrom(
  warehouse: Warehouse,
  folder: string,
  dataset: Dataset = "actual",
  partLimitBytes = PART_LIMIT_BYTES,
): Promise<Load> {
  const store = createFolderStore(folder);
  const files: StoredFile[] = [];
  for await (const listed of store.list()) files.push(listed);
  const [file] = files;
  if (file === undefined) throw new RangeError(`${folder} is empty`);
  const part = { ...file, declaredByteCount: null, declaredRowCount: null };
  const source: FolderSource = { ...SOURCE_DEFAULTS, name: "parts", kind: "folder", path: folder };
  const days = daysOfMonth(parseMonth("2026-05"));
  const run: Run = {
    source: source.name,
    export: "parts",
    exportName: "parts",
    dataset,
    month: monthOf(days.first),
    runId: randomUUID(),
    submittedAt: "2026-06-01T00:00:00.0000000Z",
    days,
    manifestPath: null,
    dataVersion: null,
    declaredRowCount: null,
    parts: [part],
  };
  const signal = new AbortController().signal;
  const { loadPart } = createActivities({
    warehouse,
    openStore: () => store,
    openExtractor: openNoExtractor,
    signal,
    onProgress: () => undefined,
    partLimitBytes,
  });
  return loadPart({ source, run, part, partCount: 1 });
}

/** What `loadFile` calls its file. */
export const PART = "part.csv";
