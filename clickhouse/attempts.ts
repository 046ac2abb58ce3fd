import { randomUUID } from "node:crypto";
import type { Warehouse } from "./client.ts";

/** How an attempt to import a source stands. The first record of an attempt leaves id and start to the warehouse. */
export type AttemptRecord = {
  readonly source: string;
  readonly attempt: { readonly attemptId: string; readonly startedAt: string } | null;
  readonly state: "running" | "done" | "failed" | "canceled";
  readonly runsFound: number;
  readonly runsImported: number;
  readonly runsFailed: number;
  /** Every error, in full; empty when there was none. */
  readonly error: string;
};

/** Writes how an attempt stands and gives its id and start; the newest row of an attempt counts. */
export async function recordAttempt(
  warehouse: Warehouse,
  record: AttemptRecord,
): Promise<{ attemptId: string; startedAt: string }> {
  const attempt = record.attempt ?? { attemptId: randomUUID(), startedAt: new Date().toISOString() };
  await warehouse.insert("source_attempts", [
    {
      source: record.source,
      attempt_id: attempt.attemptId,
      state: record.state,
      started_at: attempt.startedAt,
      finished_at: record.state === "running" ? null : new Date().toISOString(),
      runs_found: record.runsFound,
      runs_imported: record.runsImported,
      runs_failed: record.runsFailed,
      error: record.error,
    },
  ]);
  return attempt;
}
