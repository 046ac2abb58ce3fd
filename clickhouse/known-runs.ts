import { z } from "zod";
import { isDay, isMonth } from "../src/domain/month.ts";
import type { Day, Month } from "../src/domain/month.ts";
import type { KnownRun } from "../src/domain/plan.ts";
import type { PublishedRun } from "../src/domain/publication.ts";
import type { Run } from "../src/domain/run.ts";
import type { Warehouse } from "./client.ts";
import { defineQuery } from "./query.ts";

const KnownRunRow = z
  .object({
    source: z.string(),
    export: z.string(),
    export_name: z.string(),
    dataset: z.enum(["actual", "amortized", "usage", "focus"]),
    month: z.custom<Month>((value) => typeof value === "string" && isMonth(value)),
    run_id: z.string(),
    submitted_at: z.string(),
    first_day: z.custom<Day>((value) => typeof value === "string" && isDay(value)),
    last_day: z.custom<Day>((value) => typeof value === "string" && isDay(value)),
    own_load_ids: z.array(z.string()),
    priority: z.number().int(),
    last_state: z.enum(["published", "withdrawn", "pruned"]),
  })
  .transform((row): StoredRun => ({
    source: row.source,
    export: row.export,
    exportName: row.export_name,
    dataset: row.dataset,
    month: row.month,
    runId: row.run_id,
    submittedAt: `${row.submitted_at.replace(" ", "T")}Z`,
    days: { first: row.first_day, last: row.last_day },
    loadIds: row.own_load_ids,
    priority: row.priority,
    isWithdrawn: row.last_state === "withdrawn",
    isPruned: row.last_state === "pruned",
  }));

/** A run that was published, with the loads of its own. */
export type LiveRun = KnownRun & PublishedRun & Pick<Run, "exportName">;

/** The same as the warehouse keeps it. */
export type StoredRun = LiveRun & {
  /** Of the source, when the run was published last. */
  readonly priority: number;
  /** Its rows are gone: it is known, but can answer no more. */
  readonly isPruned: boolean;
};

type Filter = { readonly source: string; readonly export: string; readonly dataset: string; readonly month: string };

/** The runs of a source that were ever published; of one series where export, dataset and month are not empty. */
export const listKnownRuns = defineQuery<Filter, StoredRun>("known-runs", KnownRunRow);

/** Those of them that are published now: neither withdrawn nor pruned. */
export async function listLiveRuns(warehouse: Warehouse, filter: Filter): Promise<StoredRun[]> {
  return (await listKnownRuns(warehouse, filter)).filter((run) => run.isWithdrawn !== true && !run.isPruned);
}
