import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { createLoadStatement, endOfPart, isRefusedInput, LOAD_SETTINGS } from "../clickhouse/load-statement.ts";
import { countLoad, listRejectedRows, recordLoad } from "../clickhouse/loads.ts";
import type { LoadRecord } from "../clickhouse/loads.ts";
import { FileError, ReconciliationError, WarehouseError } from "../src/domain/errors.ts";
import { mapHeader } from "../src/domain/header.ts";
import type { Load, Reject } from "../src/domain/load.ts";
import { firstDayOf } from "../src/domain/month.ts";
import type { Part, Run } from "../src/domain/run.ts";
import type { Source } from "../src/domain/source.ts";
import { diagnosePart, linesOfRecords } from "../src/sources/diagnose.ts";
import { openPart } from "../src/sources/part-header.ts";
import type { OpenedPart } from "../src/sources/part-header.ts";
import type { Store } from "../src/sources/store.ts";
import type { ActivityDependencies } from "./activities.ts";

const PROGRESS_INTERVAL_MS = 1000;
const REJECTS_SHOWN = 3;

/**
 * Brings one part into the warehouse as a new load: streams its stored bytes into one INSERT, then counts what
 * arrived. The rows stay invisible until a publication names the load. Throws the known failure that the part shows;
 * whatever it left behind is never named by anyone.
 */
export function createLoadPart({ warehouse, openStore, signal, onProgress }: ActivityDependencies) {
  return async function loadPart(input: { source: Source; run: Run; part: Part }): Promise<Load> {
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
      await streamPart(store, record.loadId, run, part);
      const load = await countEveryRow(store, record.loadId, run, part);
      await recordLoad(warehouse, { ...record, ...load, part: part.path, state: "loaded" });
      return load;
    } catch (error) {
      // The failure itself is what the caller must see, also when it cannot be written down.
      await recordLoad(warehouse, { ...record, state: "failed", error: messageOf(error) }).catch(() => undefined);
      throw error;
    }
  };

  async function streamPart(store: Store, loadId: string, run: Run, part: Part): Promise<void> {
    const opened = await openPart(await store.open(part, signal), part.path);
    const source = { failure: undefined as Error | undefined };
    opened.body.once("error", (error) => (source.failure = error));
    const report = reportProgress(loadId, run, part);
    try {
      const mapping = mapHeader(opened.header, run.dataset, part.path);
      await warehouse.load(
        createLoadStatement(mapping, opened.header.length),
        { stream: Readable.from(bodyOf(opened, report.count), { objectMode: false }), encoding: opened.encoding },
        { load_id: loadId, source: run.source, dataset: run.dataset, billing_month: firstDayOf(run.month) },
        LOAD_SETTINGS,
        signal,
      );
    } catch (error) {
      signal.throwIfAborted();
      if (source.failure !== undefined) throw source.failure;
      throw await explainRefusal(store, part, error);
    } finally {
      report.stop();
      opened.body.destroy();
    }
  }

  function reportProgress(loadId: string, run: Run, part: Part) {
    const progress = { source: run.source, runId: run.runId, part: part.path, loadId, byteCount: part.byteCount };
    let bytesRead = 0;
    const timer = setInterval(() => {
      countLoad(warehouse, { load_id: loadId, billing_month: firstDayOf(run.month) }).then(
        ([counts]) => onProgress({ ...progress, bytesRead, rows: counts?.rows_loaded ?? 0 }),
        () => undefined, // the load itself will say what is wrong
      );
    }, PROGRESS_INTERVAL_MS);
    return {
      count: (chunk: Buffer) => (bytesRead += chunk.length),
      stop: () => clearInterval(timer),
    };
  }

  async function countEveryRow(store: Store, loadId: string, run: Run, part: Part): Promise<Load> {
    const [counts] = await countLoad(warehouse, { load_id: loadId, billing_month: firstDayOf(run.month) });
    if (counts === undefined) throw new WarehouseError(`${part.path}: the warehouse gave no counts for load ${loadId}`);
    const { rows_loaded: rowsLoaded, rows_rejected: rowsRejected, last_record, rows_covered } = counts;
    if (rowsLoaded + rowsRejected !== last_record || rowsLoaded !== rows_covered) {
      throw new ReconciliationError(
        `${part.path}: the file has ${last_record} rows, but ${rowsLoaded} were loaded, ${rowsRejected} rejected and ` +
          `${rows_covered} rolled up. Nothing was published. Import the run again.`,
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
    const rejects = rowsRejected === 0 ? [] : await describeRejects(store, loadId, part);
    return { loadId, part, rowsLoaded, rowsRejected, rejects };
  }

  async function describeRejects(store: Store, loadId: string, part: Part): Promise<Reject[]> {
    const rows = await listRejectedRows(warehouse, { load_id: loadId, limit: REJECTS_SHOWN });
    const records = rows.map(({ record }) => record);
    const lines = await linesOfRecords(await reopen(store, part), records, signal);
    return rows.map(({ record, reason }) => ({ record, reason, line: lines.get(record) ?? null }));
  }

  async function explainRefusal(store: Store, part: Part, error: unknown): Promise<unknown> {
    if (!isRefusedInput(error)) return error;
    const diagnosis = await diagnosePart(await reopen(store, part), part.path, signal);
    if (diagnosis === undefined) return new WarehouseError(`${part.path}: ${messageOf(error)}`, { cause: error });
    return new FileError(`${diagnosis.place} ${diagnosis.problem}. Nothing was published. Deliver the run again.`, {
      cause: error,
    });
  }

  async function reopen(store: Store, part: Part): Promise<OpenedPart> {
    return openPart(await store.open(part, signal), part.path);
  }
}

async function* bodyOf(part: OpenedPart, onChunk: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of part.body as AsyncIterable<Buffer>) {
    onChunk(chunk);
    yield chunk;
  }
  yield endOfPart(part.encoding);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
