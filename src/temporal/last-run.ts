import { WorkflowFailedError, WorkflowNotFoundError } from "@temporalio/client";
import type { ImportAllReport } from "../../workflows/import-all.ts";
import type { Temporal } from "./connect.ts";
import type { StartedRun } from "./described-schedule.ts";

/** What a scheduled import brought. */
export type LastRun = {
  readonly state: "running" | "imported" | "failed" | "already running" | "unknown";
  readonly imported: number;
  readonly skipped: number;
  readonly failed: number;
  /** Why it failed; empty when it did not. */
  readonly error: string;
};

const NOTHING = { imported: 0, skipped: 0, failed: 0, error: "" };

/** Looks up what the workflow brought that a schedule started last. */
export async function readLastRun({ client }: Temporal, { workflowId, runId }: StartedRun): Promise<LastRun> {
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    const { status } = await handle.describe();
    if (status.name === "RUNNING") return { ...NOTHING, state: "running" };
    const { sources } = (await handle.result()) as ImportAllReport;
    const [result] = sources;
    if (result === undefined) return { ...NOTHING, state: "unknown" };
    if (result.error !== null) return { ...NOTHING, state: "failed", error: result.error };
    if (result.alreadyRunning === true) return { ...NOTHING, state: "already running" };
    const { runs, moreSkipped, problems } = result;
    const count = (outcome: string) => runs.filter((run) => run.outcome === outcome).length;
    const errors = [
      ...runs.flatMap((run) => (run.outcome === "failed" ? [`run ${run.runId}: ${run.error}`] : [])),
      ...problems.map(({ message }) => message),
    ];
    return {
      state: errors.length === 0 ? "imported" : "failed",
      imported: count("imported"),
      skipped: moreSkipped.reduce((sum, more) => sum + more.count, count("skipped")),
      failed: count("failed"),
      error: errors.join("\n"),
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { ...NOTHING, state: "unknown" }; // Temporal keeps it for days
    if (!(error instanceof WorkflowFailedError)) throw error;
    return { ...NOTHING, state: "failed", error: error.cause?.message ?? error.message };
  }
}
