import { firstDayOf } from "../src/domain/month.ts";
import type { Run } from "../src/domain/run.ts";
import type { Warehouse } from "./client.ts";

/** How an import of a run stands. */
export type RunRecord = {
  readonly run: Run;
  readonly state: "importing" | "imported" | "failed";
  readonly loadIds: readonly string[];
  /** Why it failed, in full; empty otherwise. */
  readonly error: string;
};

/** Writes how the import of a run stands; the newest row of a run counts. */
export async function recordRun(warehouse: Warehouse, { run, state, loadIds, error }: RunRecord): Promise<void> {
  await warehouse.insert("runs", [
    {
      source: run.source,
      export: run.export,
      export_name: run.exportName,
      dataset: run.dataset,
      billing_month: firstDayOf(run.month),
      run_id: run.runId,
      submitted_at: run.submittedAt,
      first_day: run.days.first,
      last_day: run.days.last,
      manifest_path: run.manifestPath ?? "",
      data_version: run.dataVersion ?? "",
      part_count: run.parts.length,
      byte_count: run.parts.reduce((sum, part) => sum + part.byteCount, 0),
      declared_row_count: run.declaredRowCount,
      load_ids: loadIds,
      state,
      error,
    },
  ]);
}
