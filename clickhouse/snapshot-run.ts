import { z } from "zod";
import type { Warehouse } from "./client.ts";
import { listLiveRuns } from "./known-runs.ts";
import type { StoredRun } from "./known-runs.ts";
import { defineQuery } from "./query.ts";

const SnapshotRunRow = z.object({
  source: z.string(),
  export: z.string(),
  dataset: z.string(),
  month: z.string(),
  run_id: z.string(),
});

const findSnapshotRun = defineQuery<{ id: string }, z.infer<typeof SnapshotRunRow>>("api-snapshot-run", SnapshotRunRow);

/** The published run that a snapshot of the HTTP service is; undefined when it is not published, or not any more. */
export async function findPublishedRun(warehouse: Warehouse, snapshotId: string): Promise<StoredRun | undefined> {
  const [found] = await findSnapshotRun(warehouse, { id: snapshotId });
  if (found === undefined) return undefined;
  const { run_id: runId, ...series } = found;
  return (await listLiveRuns(warehouse, series)).find((run) => run.runId === runId);
}
