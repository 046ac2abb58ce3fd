import { z } from "zod";
import { firstDayOf } from "../src/domain/month.ts";
import type { Run } from "../src/domain/run.ts";
import type { Warehouse } from "./client.ts";
import { Count, defineQuery, defineStatement } from "./query.ts";
import { showLoads } from "./visible-loads.ts";

/** What a row of `publications` says of a run. */
export type PublicationRecord = {
  readonly publicationId: string;
  readonly run: Pick<Run, "source" | "export" | "exportName" | "dataset" | "month" | "runId" | "submittedAt" | "days">;
  readonly ownLoadIds: readonly string[];
  readonly loadIds: readonly string[];
  readonly priority: number;
  readonly state: "announced" | "published" | "withdrawn";
};

type Days = { load_ids: readonly string[]; from: readonly string[]; until: readonly string[] };

/** Writes publications in one insert, and what they change at once: readers see all of it, or nothing. */
export async function insertPublications(
  warehouse: Warehouse,
  publications: readonly PublicationRecord[],
): Promise<void> {
  await warehouse.insert(
    "publications",
    publications.map(({ run, ...publication }) => ({
      publication_id: publication.publicationId,
      source: run.source,
      export: run.export,
      export_name: run.exportName,
      dataset: run.dataset,
      billing_month: firstDayOf(run.month),
      run_id: run.runId,
      submitted_at: run.submittedAt,
      first_day: run.days.first,
      last_day: run.days.last,
      own_load_ids: publication.ownLoadIds,
      load_ids: publication.loadIds,
      priority: publication.priority,
      state: publication.state,
    })),
  );
  if (publications.some(({ state }) => state !== "announced")) await showLoads(warehouse, {});
}

/** Copies the rows of some days into a load of their own. */
export const copyDays = defineStatement<Days & { load_id: string }>("copy-days");

/** Counts the rows of some days. */
export const countDays = defineQuery<Days, { entries: number; malformed: number }>(
  "count-days",
  z.object({ entries: Count, malformed: Count }),
);
