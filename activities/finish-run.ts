import { rowsOf } from "../src/domain/load.ts";
import type { Load } from "../src/domain/load.ts";
import type { RunReport } from "../src/domain/run-report.ts";
import type { Run } from "../src/domain/run.ts";
import type { ActivityDependencies } from "./activities.ts";
import { createPublishRun } from "./publish-run.ts";
import { createRecordRun } from "./record-run.ts";
import { createVerifyRun } from "./verify-run.ts";

/** A run of which all parts are loaded, and what its source wants. */
export type FinishRunInput = {
  readonly run: Run;
  readonly loads: readonly Load[];
  readonly rejectLimit: number;
  readonly priority: number;
};

/**
 * Checks that nothing of a run is missing, makes it visible, and writes that down: fails where `verifyRun` and `publishRun`
 * do. In one step, because each way to a host and back takes as long as the work. Done anew it ends the same.
 */
export function createFinishRun(dependencies: ActivityDependencies) {
  const verifyRun = createVerifyRun(dependencies);
  const publishRun = createPublishRun(dependencies);
  const recordRun = createRecordRun(dependencies);
  return async function finishRun({ run, loads, rejectLimit, priority }: FinishRunInput): Promise<RunReport> {
    const { totals, rejects } = await verifyRun({ run, loads, rejectLimit });
    const publication = await publishRun({ run, loads, priority });
    await recordRun({ run, state: "imported", loadIds: loads.map((load) => load.loadId), error: "" });
    return { publication, ...rowsOf(loads), totals, rejects };
  };
}
