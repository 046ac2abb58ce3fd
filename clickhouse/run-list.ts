import { z } from "zod";
import { DATASETS } from "../src/domain/run.ts";
import { Count, defineQuery, Moment } from "./query.ts";
import type { Reader } from "./query.ts";

const ListedRunRow = z
  .object({
    source: z.string(),
    export: z.string(),
    export_name: z.string(),
    dataset: z.enum(DATASETS),
    month: z.string(),
    run_id: z.string(),
    submitted_at: Moment,
    first_day: z.string(),
    last_day: z.string(),
    manifest_path: z.string(),
    data_version: z.string(),
    part_count: Count,
    byte_count: Count,
    declared_row_count: z.union([z.null(), Count]),
    rows_loaded: z.union([z.null(), Count]),
    rows_rejected: z.union([z.null(), Count]),
    rows_malformed: z.union([z.null(), Count]),
    state: z.enum(["importing", "imported", "failed"]),
    error: z.string(),
    updated_at: Moment,
    publication_id: z.string().nullable(),
    publication_state: z.enum(["published", "withdrawn", "pruned"]).nullable(),
    is_current: z.union([z.boolean(), z.number()]).nullable().transform(Boolean),
  })
  .transform((row) => ({
    source: row.source,
    export: row.export,
    exportName: row.export_name,
    dataset: row.dataset,
    month: row.month,
    runId: row.run_id,
    submittedAt: row.submitted_at,
    days: { first: row.first_day, last: row.last_day },
    manifestPath: row.manifest_path === "" ? null : row.manifest_path,
    dataVersion: row.data_version === "" ? null : row.data_version,
    parts: row.part_count,
    bytes: row.byte_count,
    /** What the manifest announces; null where it says nothing. */
    declaredRows: row.declared_row_count,
    /** Of the newest attempt; null before its loads are through. */
    rowsLoaded: row.rows_loaded,
    rowsRejected: row.rows_rejected,
    /** Of the loaded rows those whose tags or additional info cannot be read as JSON. */
    rowsMalformed: row.rows_malformed,
    state: row.state,
    error: row.error === "" ? null : row.error,
    updatedAt: row.updated_at,
    /** The newest publication of the run; null where it was never published. */
    publication:
      row.publication_id === null || row.publication_state === null
        ? null
        : { publicationId: row.publication_id, state: row.publication_state, isCurrent: row.is_current },
  }));

/** A run that an import has worked on, and what came of it. */
export type ListedRun = z.infer<typeof ListedRunRow>;

/** Which runs to list, and where in their order to begin; what is empty leaves nothing out. */
export type RunFilter = {
  readonly sources: readonly string[];
  readonly dataset: string;
  readonly month: string;
  readonly state: string;
  readonly run_id: string;
};

/** The place of a run in the order of the list. */
export type RunPlace = Pick<ListedRun, "submittedAt" | "source" | "export" | "dataset" | "month" | "runId">;

const listPlaced = defineQuery<
  RunFilter & {
    limit: number;
    after_submitted_at: string;
    after_source: string;
    after_export: string;
    after_dataset: string;
    after_month: string;
    after_run_id: string;
  },
  ListedRun
>("run-list", ListedRunRow);

/** The runs behind a place, those submitted last first; from the first one on where there is none. */
export function listRuns(
  reader: Reader,
  filter: RunFilter,
  { limit, after }: { readonly limit: number; readonly after?: RunPlace | undefined },
): Promise<ListedRun[]> {
  return listPlaced(reader, {
    ...filter,
    limit,
    after_submitted_at: after?.submittedAt ?? "",
    after_source: after?.source ?? "",
    after_export: after?.export ?? "",
    after_dataset: after?.dataset ?? "",
    after_month: after?.month ?? "",
    after_run_id: after?.runId ?? "",
  });
}
