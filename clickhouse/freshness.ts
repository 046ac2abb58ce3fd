import { z } from "zod";
import { DATASETS } from "../src/domain/run.ts";
import { Count, defineQuery, Moment } from "./query.ts";

const Flag = z.union([z.boolean(), z.number()]).transform(Boolean);

const FreshnessRow = z
  .object({
    source: z.string(),
    dataset: z.enum(["", ...DATASETS]),
    is_configured: Flag,
    is_enabled: Flag,
    attempted_at: Moment.nullable(),
    attempt_state: z.enum(["running", "done", "failed", "canceled"]).nullable(),
    attempt_error: z.string(),
    succeeded_at: Moment.nullable(),
    published_at: Moment.nullable(),
    submitted_at: Moment.nullable(),
    newest_day: z.string().nullable(),
    publications: Count,
    age_seconds: z.union([z.null(), Count]),
  })
  .transform((row) => ({
    source: row.source,
    /** Null where nothing of the source is published. */
    dataset: row.dataset === "" ? null : row.dataset,
    isConfigured: row.is_configured,
    isEnabled: row.is_enabled,
    lastAttempt:
      row.attempted_at === null || row.attempt_state === null
        ? null
        : {
            startedAt: row.attempted_at,
            state: row.attempt_state,
            error: row.attempt_error === "" ? null : row.attempt_error,
          },
    lastSuccessAt: row.succeeded_at,
    lastPublishedAt: row.published_at,
    /** When Azure was asked for the newest run that answers: how old the figures are. */
    submittedAt: row.submitted_at,
    newestDay: row.newest_day,
    publications: row.publications,
    ageSeconds: row.age_seconds,
  }));

/** How fresh the costs of a source and dataset are. */
export type Freshness = z.infer<typeof FreshnessRow>;

/** The freshness of every source and dataset, of those that are named. */
export const listFreshness = defineQuery<{ sources: readonly string[]; dataset: string; now: string }, Freshness>(
  "freshness",
  FreshnessRow,
);
