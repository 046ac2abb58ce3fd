import { z } from "zod";
import type { RunKey } from "../src/domain/run.ts";
import { firstDayOf } from "../src/domain/month.ts";
import type { Warehouse } from "./client.ts";
import { Count, defineQuery } from "./query.ts";

const LoadCounts = z.object({
  rows_loaded: Count,
  rows_malformed: Count,
  rows_rejected: Count,
  last_record: Count,
  rows_covered: Count,
});
const RejectedRow = z.object({ record: Count, reason: z.string() });

/** One attempt to bring a part in, as the table `loads` keeps it. */
export type LoadRecord = {
  readonly loadId: string;
  readonly run: RunKey;
  readonly part: string;
  readonly byteCount: number;
  readonly declaredRowCount: number | null;
  readonly startedAt: string;
  readonly state: "started" | "loaded" | "failed";
  readonly rowsLoaded?: number;
  readonly rowsRejected?: number;
  readonly rowsMalformed?: number;
  readonly error?: string;
  readonly copiedFrom?: readonly string[];
  readonly copiedDays?: readonly string[];
};

/** From so many stored bytes on a part is large. */
export const LARGE_PART_BYTES = 4 * 1024 * 1024;

const SHARED_PARTITION = "00000000-0000-0000-0000-000000000000";

/**
 * The partition of a load's entries within its month: one of its own for a large part, so that dropping it is instant;
 * the shared one for a small part, since tens of thousands of partitions would slow down every start and every read.
 */
export function partitionOf(loadId: string, byteCount: number): string {
  return byteCount < LARGE_PART_BYTES ? SHARED_PARTITION : loadId;
}

/** How many rows a load that is under way has brought. */
export const readProgress = defineQuery<{ load_id: string; billing_month: string }, { rows: number }>(
  "load-progress",
  z.object({ rows: Count }),
);

/** What a load has brought, counted in the tables. */
export const countLoad = defineQuery<{ load_id: string; billing_month: string }, z.infer<typeof LoadCounts>>(
  "load-counts",
  LoadCounts,
);

/** The first rejected rows of a load whose reason ends so; with an empty ending, of any reason. */
export const listRejectedRows = defineQuery<
  { load_id: string; ending: string; limit: number },
  z.infer<typeof RejectedRow>
>("rejected-rows", RejectedRow);

/** Writes how a load stands; the newest row of a load counts. */
export async function recordLoad(warehouse: Warehouse, load: LoadRecord): Promise<void> {
  const { run } = load;
  await warehouse.insert("loads", [
    {
      load_id: load.loadId,
      source: run.source,
      export: run.export,
      dataset: run.dataset,
      billing_month: firstDayOf(run.month),
      run_id: run.runId,
      part: load.part,
      state: load.state,
      copied_from: load.copiedFrom ?? [],
      copied_days: load.copiedDays ?? [],
      byte_count: load.byteCount,
      declared_row_count: load.declaredRowCount,
      rows_loaded: load.rowsLoaded ?? 0,
      rows_rejected: load.rowsRejected ?? 0,
      rows_malformed: load.rowsMalformed ?? 0,
      error: load.error ?? "",
      started_at: load.startedAt,
    },
  ]);
}
