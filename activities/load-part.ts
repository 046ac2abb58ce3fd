import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { deriveLoad } from "../clickhouse/derive-load.ts";
import { readEngineFacts } from "../clickhouse/engine-facts.ts";
import type { EngineFacts } from "../clickhouse/engine-facts.ts";
import { endOfPart } from "../clickhouse/load-statement.ts";
import { countLoad, LARGE_PART_BYTES, partitionOf, readProgress, recordLoad } from "../clickhouse/loads.ts";
import type { LoadRecord } from "../clickhouse/loads.ts";
import { recordRun } from "../clickhouse/runs.ts";
import { FileError, ReconciliationError, WarehouseError } from "../src/domain/errors.ts";
import { mapHeader } from "../src/domain/header.ts";
import type { Load } from "../src/domain/load.ts";
import { firstDayOf } from "../src/domain/month.ts";
import type { Part, Run } from "../src/domain/run.ts";
import { settled } from "../src/domain/settled.ts";
import type { Source } from "../src/domain/source.ts";
import { openPart } from "../src/sources/open-part.ts";
import type { OpenedPart } from "../src/sources/open-part.ts";
import { limitUnpacked, PART_LIMIT_BYTES } from "../src/sources/part-limit.ts";
import type { PartSize } from "../src/sources/part-limit.ts";
import { readAhead } from "../src/sources/read-ahead.ts";
import type { Store } from "../src/sources/store.ts";
import type { ActivityDependencies } from "./activities.ts";
import { createPartStatement, placeOfHeader, settingsOf } from "./part-format.ts";
import { createPartProblems } from "./part-problems.ts";

/** Which part to load. Without the run's other parts: each of a thousand loads is told of its own one only. */
export type LoadPartInput = {
  readonly source: Source;
  readonly run: RunOfPart;
  readonly part: Part;
  /** How many parts the run has. */
  readonly partCount: number;
  /** The whole run where it begins with this part: that is written down beside. */
  readonly opens?: Run;
};

type RunOfPart = Omit<Run, "parts">;

const PROGRESS_INTERVAL_MS = 1000;

/** What was read of a part: how it was opened, and how many stored bytes it has. */
type ReadPart = { readonly opened: OpenedPart; readonly byteCount: number };

/**
 * Brings one part into the warehouse as a new load: streams its stored bytes into one INSERT, then counts what
 * arrived. The rows stay invisible until a publication names the load. Throws the known failure that the part shows;
 * whatever it left behind is never named by anyone.
 */
export function createLoadPart(dependencies: ActivityDependencies) {
  const { warehouse, openStore, signal, onProgress, partLimitBytes = PART_LIMIT_BYTES } = dependencies;
  const problems = createPartProblems(dependencies);
  return async function loadPart(input: LoadPartInput): Promise<Load> {
    const { run, part, opens } = input;
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
    const [engine] = await settled(
      readEngineFacts(warehouse),
      recordLoad(warehouse, record),
      opens && recordRun(warehouse, { run: opens, state: "importing", loadIds: [], error: "" }),
    );
    try {
      const read = await streamPart(store, record.loadId, input, engine);
      await deriveLoad(warehouse, { load_id: record.loadId, billing_month: firstDayOf(run.month) }, signal);
      const load = await countEveryRow(store, record.loadId, input, read);
      const { byteCount } = read;
      await recordLoad(warehouse, { ...record, ...load, part: part.path, byteCount, state: "loaded" });
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
    input: LoadPartInput,
    engine: EngineFacts,
  ): Promise<ReadPart> {
    const { run, part, partCount } = input;
    const opened = await openPart(store, part, signal);
    const source = { failure: undefined as Error | undefined };
    const watch = (stream: Readable) => stream.once("error", (error) => (source.failure = error));
    watch(opened.body);
    const report = reportProgress(loadId, run, part);
    try {
      const mapping = mapHeader(opened.header, run.dataset, placeOfHeader(opened, part.path));
      const { body, byteCount } = await withSize(opened, part);
      watch(body);
      const bytes = limitUnpacked({ ...opened, body }, { path: part.path, byteCount, limitBytes: partLimitBytes });
      const stream = Readable.from(bodyOf(opened, bytes, report.count), { objectMode: false });
      stream.once("error", (error) => {
        if (error instanceof FileError) source.failure = error; // others are the warehouse's, which lets go of the body
      });
      await warehouse.load(
        createPartStatement(opened, mapping),
        { stream, encoding: opened.encoding },
        {
          load_id: loadId,
          source: run.source,
          dataset: run.dataset,
          billing_month: firstDayOf(run.month),
          own_partition: partitionOf(loadId, byteCount.least),
        },
        settingsOf(opened, { byteCount: byteCount.least, partCount }, engine),
        signal,
      );
      return { opened, byteCount: report.bytesRead() };
    } catch (error) {
      signal.throwIfAborted();
      if (source.failure !== undefined) throw source.failure;
      throw await problems.explainRefusal(store, part, opened, error);
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
      bytesRead: () => bytesRead,
      stop: () => clearInterval(timer),
    };
  }

  async function countEveryRow(
    store: Store,
    loadId: string,
    { run, part }: LoadPartInput,
    { opened, byteCount }: ReadPart,
  ): Promise<Load> {
    const [counts] = await countLoad(warehouse, { load_id: loadId, billing_month: firstDayOf(run.month) });
    if (counts === undefined) throw new WarehouseError(`${part.path}: the warehouse gave no counts for load ${loadId}`);
    const { rows_loaded: rowsLoaded, rows_rejected: rowsRejected, rows_malformed, last_record, rows_covered } = counts;
    const malformed = rows_malformed === 0 ? {} : { rowsMalformed: rows_malformed };
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
      bytesRead: byteCount,
      byteCount,
      rows: rowsLoaded,
    });
    const rejects = rowsRejected === 0 ? [] : await problems.describeRejects(store, loadId, part);
    return { loadId, part: { ...part, byteCount }, rowsLoaded, rowsRejected, ...malformed, rejects };
  }
}

/** The part's body with its size; where nobody said it, at least so much as tells a large part from a small one. */
async function withSize({ body }: OpenedPart, { byteCount }: Part): Promise<{ body: Readable; byteCount: PartSize }> {
  if (byteCount > 0) return { body, byteCount: { least: byteCount, isExact: true } };
  const ahead = await readAhead(body, LARGE_PART_BYTES);
  return { body: ahead.body, byteCount: { least: ahead.start.length, isExact: ahead.isWhole } };
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
  if (part.format !== "parquet") yield endOfPart(part);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
