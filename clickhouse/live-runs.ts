import { z } from "zod";
import { isDay, isMonth } from "../src/domain/month.ts";
import type { Day, Month } from "../src/domain/month.ts";
import type { KnownRun } from "../src/domain/plan.ts";
import type { PublishedRun } from "../src/domain/publication.ts";
import { defineQuery } from "./query.ts";

const LiveRunRow = z
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
    load_ids: z.array(z.string()),
  })
  .transform((row): LiveRun => ({
    source: row.source,
    export: row.export,
    exportName: row.export_name,
    dataset: row.dataset,
    month: row.month,
    runId: row.run_id,
    submittedAt: `${row.submitted_at.replace(" ", "T")}Z`,
    days: { first: row.first_day, last: row.last_day },
    loadIds: row.own_load_ids,
    publishedLoadIds: row.load_ids,
  }));

/** A run that is published and not withdrawn, with its own loads and those that its publication names. */
export type LiveRun = KnownRun &
  PublishedRun & { readonly exportName: string; readonly publishedLoadIds: readonly string[] };

/** The published runs of a source; of one series where export, dataset and month are given, else of all (empty text). */
export const listLiveRuns = defineQuery<{ source: string; export: string; dataset: string; month: string }, LiveRun>(
  "live-runs",
  LiveRunRow,
);
