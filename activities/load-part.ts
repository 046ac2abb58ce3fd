import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { DAY_FIRST_NOTE } from "../clickhouse/load-expressions.ts";
import { deriveLoad } from "../clickhouse/derive-load.ts";
import {
  createLoadStatement,
  endOfPart,
  HUGE_LOAD_SETTINGS,
  isRefusedInput,
  LOAD_SETTINGS,
} from "../clickhouse/load-statement.ts";
import { countLoad, listRejectedRows, partitionOf, readProgress, recordLoad } from "../clickhouse/loads.ts";
import type { LoadRecord } from "../clickhouse/loads.ts";
import { createParquetStatement, PARQUET_SETTINGS, parquetProblem } from "../clickhouse/parquet-statement.ts";
import { FileError, ReconciliationError, WarehouseError } from "../src/domain/errors.ts";
import { mapHeader } from "../src/domain/header.ts";
import { placeOfReject } from "../src/domain/load.ts";
import type { Load, Reject } from "../src/domain/load.ts";
import { firstDayOf } from "../src/domain/month.ts";
import type { Part, Run } from "../src/domain/run.ts";
import type { Source } from "../src/domain/source.ts";
import { diagnosePart, linesOfRecords } from "../src/sources/diagnose.ts";
import { openPart } from "../src/sources/open-part.ts";
import type { OpenedPart } from "../src/sources/open-part.ts";
import { limitUnpacked, PART_LIMIT_BYTES } from "../src/sources/part-limit.ts";
import type { Store } from "../src/sources/store.ts";
import type { ActivityDependencies } from "./activities.ts";

/** Which part to load. Without the run's other parts: each of a thousand loads is told of its own one only. */
export type LoadPartInput = {
  readonly source: Source;
  readonly run: RunOfPart;
  readonly part: Part;
  /** How many parts the run has. */
  readonly partCount: number;
};

type RunOfPart = Omit<Run, "parts">;

const PROGRESS_INTERVAL_MS = 1000;
const REJECTS_SHOWN = 3;
/** Stored bytes of a CSV file of some three and a half million rows. */
const HUGE_BYTES = { gzip: 400 * 2 ** 20, none: 3 * 2 ** 30 };

/**
 * Brings one part into the warehouse as a new load: streams its stored bytes into one INSERT, then counts what
 * arrived. The rows stay invisible until a publication names the load. Throws the known failure that the part shows;
 * whatever it left behind is never named by anyone.
 */
export function createLoadPart(dependencies: ActivityDependencies) {
  const { warehouse, openStore, signal, onProgress, partLimitBytes = PART_LIMIT_BYTES } = dependencies;
  return async function loadPart(input: LoadPartInput): Promise<Load> {
    const { run, part } = input;
    const store = openStore(input.source);
    const record: LoadRecord = {
      loadId: randomUUID(),
      run,
      part: part.path,
      byteCount: part.byteCount,
      declaredRowCount: part.declaredRowCount,
      startedAt: new Date().toISOString(),
      state: "started",
    };
    await recordLoad(warehouse, record);
    try {
      const opened = await streamPart(store, record.loadId, input);
      await deriveLoad(warehouse, { load_id: record.loadId, billing_month: firstDayOf(run.month) }, signal);
      const load = await countEveryRow(store, record.loadId, run, part, opened);
      await recordLoad(warehouse, { ...record, ...load, part: part.path, state: "loaded" });
      return load;
    } catch (error) {
      // The failure itself is what the caller must see, also when it cannot be written down.
      await recordLoad(warehouse, { ...record, state: "failed", error: messageOf(error) }).catch(() => undefined);
      signal.throwIfAborted();
      throw error;
    }
  };

  async function streamPart(
    store: Store,
    loadId: string,
    { run, part, partCount }: LoadPartInput,
  ): Promise<OpenedPart> {
    const opened = await openPart(store, part, signal);
    const source = { failure: undefined as Error | undefined };
    opened.body.once("error", (error) => (source.failure = error));
    const report = reportProgress(loadId, run, part);
    try {
      const place = opened.format === "csv" ? `${part.path}:1` : `${part.path}:`; // Parquet has no lines
      const mapping = mapHeader(opened.header, run.dataset, place);
      const bytes = limitUnpacked(opened, { path: part.path, byteCount: part.byteCount, limitBytes: partLimitBytes });
      const body = Readable.from(bodyOf(opened, bytes, report.count), { objectMode: false });
      body.once("error", (error) => {
        if (error instanceof FileError) source.failure = error; // others are the warehouse's, which lets go of the body
      });
      await warehouse.load(
        opened.format === "csv"
          ? createLoadStatement(mapping, opened.header.length)
          : createParquetStatement(mapping, opened.columns),
        { stream: body, encoding: opened.encoding },
        {
          load_id: loadId,
          source: run.source,
          dataset: run.dataset,
          billing_month: firstDayOf(run.month),
          own_partition: partitionOf(loadId, part.byteCount),
        },
        opened.format === "csv" ? csvSettingsFor(opened, part, partCount) : PARQUET_SETTINGS,
        signal,
      );
      return opened;
    } catch (error) {
      signal.throwIfAborted();
      if (source.failure !== undefined) throw source.failure;
      throw await explainRefusal(store, part, opened, error);
    } finally {
      report.stop();
      opened.body.destroy();
    }
  }

  function reportProgress(loadId: string, run: RunOfPart, part: Part) {
    const progress = { source: run.source, runId: run.runId, part: part.path, loadId, byteCount: part.byteCount };
    let bytesRead = 0;
    const timer = setInterval(() => {
      readProgress(warehouse, { load_id: loadId, billing_month: firstDayOf(run.month) }).then(
        ([load]) => onProgress({ ...progress, bytesRead, rows: load?.rows ?? 0 }),
        () => undefined, // the load itself will say what is wrong
      );
    }, PROGRESS_INTERVAL_MS);
    return {
      count: (chunk: Buffer) => (bytesRead += chunk.length),
      stop: () => clearInterval(timer),
    };
  }

  async function countEveryRow(
    store: Store,
    loadId: string,
    run: RunOfPart,
    part: Part,
    opened: OpenedPart,
  ): Promise<Load> {
    const [counts] = await countLoad(warehouse, { load_id: loadId, billing_month: firstDayOf(run.month) });
    if (counts === undefined) throw new WarehouseError(`${part.path}: the warehouse gave no counts for load ${loadId}`);
    const { rows_loaded: rowsLoaded, rows_rejected: rowsRejected, last_record, rows_covered } = counts;
    if (rowsLoaded + rowsRejected !== last_record || rowsLoaded !== rows_covered) {
      throw new ReconciliationError(
        `${part.path}: the file has ${last_record} rows, but ${rowsLoaded} were loaded, ${rowsRejected} rejected and ` +
          `${rows_covered} rolled up. Nothing was published. Import the run again.`,
      );
    }
    if (opened.format === "parquet" && opened.rowCount !== last_record) {
      throw new ReconciliationError(
        `${part.path}: the footer of the Parquet file announces ${opened.rowCount} rows, but there are ${last_record}. ` +
          "Nothing was published. Deliver the run again.",
      );
    }
    onProgress({
      source: run.source,
      runId: run.runId,
      part: part.path,
      loadId,
      bytesRead: part.byteCount,
      byteCount: part.byteCount,
      rows: rowsLoaded,
    });
    if (rowsRejected > 0) await requireMonthFirst(store, loadId, part);
    const rejects = rowsRejected === 0 ? [] : await describeRejects(store, loadId, part);
    return { loadId, part, rowsLoaded, rowsRejected, rejects };
  }

  async function describeRejects(store: Store, loadId: string, part: Part): Promise<Reject[]> {
    const rows = await listRejectedRows(warehouse, { load_id: loadId, ending: "", limit: REJECTS_SHOWN });
    return locate(store, part, rows);
  }

  /** Of a file with the day first, rows of the first twelve days would pass for those of other months. */
  async function requireMonthFirst(store: Store, loadId: string, part: Part): Promise<void> {
    const rows = await listRejectedRows(warehouse, { load_id: loadId, ending: DAY_FIRST_NOTE, limit: 1 });
    const [first] = await locate(store, part, rows);
    if (first === undefined) return;
    throw new FileError(
      `${placeOfReject(part, first)} ${first.reason}, so that no date of this file is certain. ` +
        "Nothing was published. Deliver the file as Azure wrote it, with the month first.",
    );
  }

  async function locate(
    store: Store,
    part: Part,
    rows: readonly { record: number; reason: string }[],
  ): Promise<Reject[]> {
    if (rows.length === 0) return [];
    const records = rows.map(({ record }) => record);
    const lines = await linesOf(store, part, records);
    return rows.map(({ record, reason }) => ({ record, reason, line: lines.get(record) ?? null }));
  }

  /** Records of a Parquet file stand on no line. */
  async function linesOf(store: Store, part: Part, records: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const opened = await openPart(store, part, signal);
    if (opened.format === "csv") return linesOfRecords(opened, records, signal);
    opened.body.destroy();
    return new Map();
  }

  async function explainRefusal(store: Store, part: Part, opened: OpenedPart, error: unknown): Promise<unknown> {
    if (!(error instanceof WarehouseError)) return error;
    const problem = opened.format === "csv" ? await diagnose(store, part, error) : parquetProblem(error, part.path);
    if (problem === undefined) return new WarehouseError(`${part.path}: ${messageOf(error)}`, { cause: error });
    return new FileError(`${problem}. Nothing was published. Deliver the run again.`, { cause: error });
  }

  async function diagnose(store: Store, part: Part, error: WarehouseError): Promise<string | undefined> {
    const again = isRefusedInput(error) ? await openPart(store, part, signal) : undefined;
    const diagnosis = again?.format === "csv" ? await diagnosePart(again, part.path, signal) : undefined;
    return diagnosis && `${diagnosis.place} ${diagnosis.problem}`;
  }
}

/** Reading one file with several threads takes a fifth more processor time, which other parts could use. */
function csvSettingsFor({ encoding }: OpenedPart, { byteCount }: Part, partCount: number): typeof LOAD_SETTINGS {
  const settings = byteCount < HUGE_BYTES[encoding] ? LOAD_SETTINGS : HUGE_LOAD_SETTINGS;
  return { ...settings, input_format_parallel_parsing: partCount > 1 ? 0 : 1 };
}

async function* bodyOf(
  part: OpenedPart,
  bytes: AsyncIterable<Buffer>,
  onChunk: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    onChunk(chunk);
    yield chunk;
  }
  if (part.format === "csv") yield endOfPart(part.encoding);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
