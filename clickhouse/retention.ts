import { z } from "zod";
import { groupBy } from "../src/domain/group-by.ts";
import { firstDayOf, isDay, isMonth } from "../src/domain/month.ts";
import type { Day, Month } from "../src/domain/month.ts";
import type { LedgerEntry } from "../src/domain/retention.ts";
import type { Warehouse } from "./client.ts";
import { Count, defineQuery, defineStatement } from "./query.ts";

const Flag = z.union([z.boolean(), z.number()]).transform(Boolean);
const MonthText = z.custom<Month>((value) => typeof value === "string" && isMonth(value));
const DayText = z.custom<Day>((value) => typeof value === "string" && isDay(value));

const LedgerRow = z
  .object({
    publication_id: z.string(),
    source: z.string(),
    export: z.string(),
    export_name: z.string(),
    dataset: z.enum(["actual", "amortized", "usage", "focus"]),
    month: MonthText,
    run_id: z.string(),
    submitted_at: z.string(),
    first_day: DayText,
    last_day: DayText,
    own_load_ids: z.array(z.string()),
    load_ids: z.array(z.string()),
    state: z.enum(["announced", "published", "withdrawn", "pruned"]),
    published_at: z.string(),
  })
  .transform((row): LedgerEntry => ({
    publicationId: row.publication_id,
    source: row.source,
    export: row.export,
    exportName: row.export_name,
    dataset: row.dataset,
    month: row.month,
    runId: row.run_id,
    submittedAt: row.submitted_at,
    days: { first: row.first_day, last: row.last_day },
    ownLoadIds: row.own_load_ids,
    loadIds: row.load_ids,
    state: row.state,
    publishedAt: row.published_at,
  }));

const UndroppedLoadRow = z
  .object({
    load_id: z.string(),
    source: z.string(),
    month: MonthText,
    is_settled: Flag,
    entries: Count,
    has_partition: Flag,
    rejects: Count,
    bytes: Count,
  })
  .transform((row) => ({
    loadId: row.load_id,
    source: row.source,
    month: row.month,
    /** Whether nobody can be about to publish it. */
    isSettled: row.is_settled,
    entries: row.entries,
    /** Whether its entries have a partition of their own. */
    hasPartition: row.has_partition,
    rejects: row.rejects,
    /** Bytes on disk of its entries and rejects; what the rollups keep of it comes on top. */
    bytes: row.bytes,
  }));

/** A load that is not dropped, or that has rows although it was. */
export type UndroppedLoad = z.infer<typeof UndroppedLoadRow>;

/** How many ids a statement names: they travel in the request's url. */
const BATCH = 200;

/** Everything that was ever published, withdrawn or pruned, and what was announced of late; of all months for "". */
export const readLedger = defineQuery<{ month: string }, LedgerEntry>("publication-ledger", LedgerRow);

/** The loads of some sources, of all where none is named, that are not dropped. */
export const listUndroppedLoads = defineQuery<{ sources: readonly string[] }, UndroppedLoad>(
  "undropped-loads",
  UndroppedLoadRow,
);

/** How many of some loads are dropped, or about to be. */
export const countDroppedLoads = defineQuery<{ load_ids: readonly string[] }, { dropped: number }>(
  "count-dropped-loads",
  z.object({ dropped: Count }),
);

const endSome = defineStatement<{ publication_ids: readonly string[] }>("end-publications");
const markSome = defineStatement<{ load_ids: readonly string[]; state: string }>("mark-loads");
const dropEntries = defineStatement<{ load_id: string; billing_month: string }>("drop-entries");
const deleteEntries = defineStatement<{ load_ids: readonly string[]; billing_month: string }>("delete-entries");
const dropRejects = defineStatement<{ load_id: string }>("drop-rejects");
const listLoadTables = defineQuery<Record<string, never>, { name: string; is_monthly: boolean }>(
  "load-tables",
  z.object({ name: z.string(), is_monthly: Flag }),
);
const deleteLoads = defineStatement<{ table: string; load_ids: readonly string[] }>("delete-loads");
const deleteLoadsOfMonth = defineStatement<{ table: string; load_ids: readonly string[]; billing_month: string }>(
  "delete-loads-of-month",
);

/** Says of publications that they are pruned: from now on none of them can answer, nor be read as of the past. */
export async function endPublications(warehouse: Warehouse, publicationIds: readonly string[]): Promise<void> {
  for (const ids of batchesOf(publicationIds)) await endSome(warehouse, { publication_ids: ids });
}

/** Writes that loads are about to be dropped, or are. */
export async function markLoads(
  warehouse: Warehouse,
  loadIds: readonly string[],
  state: "dropping" | "dropped",
): Promise<void> {
  for (const ids of batchesOf(loadIds)) await markSome(warehouse, { load_ids: ids, state });
}

/** Removes every row of some loads from every table that holds rows of loads. */
export async function dropLoads(
  warehouse: Warehouse,
  loads: readonly UndroppedLoad[],
  signal: AbortSignal,
): Promise<void> {
  const tables = await listLoadTables(warehouse, {});
  for (const [month, ofMonth] of groupBy(loads, (load) => load.month)) {
    const billing_month = firstDayOf(month);
    const large = ofMonth.filter(({ hasPartition }) => hasPartition);
    const small = ofMonth.filter(({ entries, hasPartition }) => entries > 0 && !hasPartition);
    const rejecting = ofMonth.filter(({ rejects }) => rejects > 0);
    for (const { loadId: load_id } of large) {
      signal.throwIfAborted();
      await dropEntries(warehouse, { load_id, billing_month });
    }
    for (const load_ids of batchesOf(idsOf(small))) {
      signal.throwIfAborted();
      await deleteEntries(warehouse, { load_ids, billing_month });
    }
    for (const { loadId: load_id } of rejecting) {
      signal.throwIfAborted();
      await dropRejects(warehouse, { load_id });
    }
    for (const { name: table, is_monthly } of tables) {
      for (const load_ids of batchesOf(idsOf(ofMonth))) {
        signal.throwIfAborted();
        if (is_monthly) await deleteLoadsOfMonth(warehouse, { table, load_ids, billing_month });
        else await deleteLoads(warehouse, { table, load_ids });
      }
    }
  }
}

function idsOf(loads: readonly UndroppedLoad[]): string[] {
  return loads.map(({ loadId }) => loadId);
}

function batchesOf<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, at) => items.slice(at * BATCH, (at + 1) * BATCH));
}
