import { z } from "zod";
import { isMonth } from "../src/domain/month.ts";
import type { Month } from "../src/domain/month.ts";
import { Count, defineQuery, Moment } from "./query.ts";

const RunCountsRow = z
  .object({
    publication_id: z.string(),
    source: z.string(),
    export: z.string(),
    export_name: z.string(),
    dataset: z.enum(["actual", "amortized", "usage", "focus"]),
    month: z.custom<Month>((value) => typeof value === "string" && isMonth(value)),
    run_id: z.string(),
    submitted_at: Moment,
    is_current: z.union([z.boolean(), z.number()]).transform(Boolean),
    load_ids: z.array(z.string()),
    declared_parts: Count,
    declared_bytes: Count,
    declared_rows: z.union([z.null(), Count]),
    byte_count: Count,
    rows_loaded: Count,
    rows_rejected: Count,
    recorded_loaded: Count,
    recorded_rejected: Count,
    rows_carried: Count,
    recorded_carried: Count,
    found_carried: Count,
  })
  .transform((row) => ({
    publicationId: row.publication_id,
    source: row.source,
    export: row.export,
    exportName: row.export_name,
    dataset: row.dataset,
    month: row.month,
    runId: row.run_id,
    submittedAt: row.submitted_at,
    /** Whether the run answers for its series; otherwise a later one does, completed by this one's surviving days. */
    isCurrent: row.is_current,
    loadIds: row.load_ids,
    /** What the listing and the manifest said when the run was imported; rows are null where they said nothing. */
    declared: { parts: row.declared_parts, bytes: row.declared_bytes, rows: row.declared_rows },
    /** Stored bytes that the run's loads have read. */
    bytes: row.byte_count,
    /** What the tables hold of the run's own loads now. */
    rowsLoaded: row.rows_loaded,
    rowsRejected: row.rows_rejected,
    /** What the loads themselves counted when they were done. */
    recorded: { rowsLoaded: row.recorded_loaded, rowsRejected: row.recorded_rejected },
    /** Rows of elder runs that complete the month, and of those that are copies: counted at the copy, held now. */
    rowsCarried: row.rows_carried,
    copied: { recorded: row.recorded_carried, found: row.found_carried },
  }));

/** What a published run announced, and what the tables hold of it. */
export type RunCounts = z.infer<typeof RunCountsRow>;

/** Counts of the published runs; all sources and runs where none is named, replaced runs only where asked for. */
export const listRunCounts = defineQuery<
  { sources: readonly string[]; run_id: string; first_day: string; last_day: string; replaced: boolean },
  RunCounts
>("reconcile-runs", RunCountsRow);
