import { rowsOf } from "../src/domain/load.ts";
import type { Load } from "../src/domain/load.ts";
import type { RunReport } from "../src/domain/run-report.ts";
import type { Run } from "../src/domain/run.ts";
import { settled } from "../src/domain/settled.ts";
import type { Activities, ActivityDependencies } from "./activities.ts";
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
  const steps = {
    verifyRun: createVerifyRun(dependencies),
    publishRun: createPublishRun(dependencies),
    recordRun: createRecordRun(dependencies),
  };
  return async function finishRun(input: FinishRunInput): Promise<RunReport> {
    const [report] = await finishBeside(steps, input, () => Promise.resolve());
    return report;
  };
}

/** The same by its steps; something else is done as soon as the run is visible, while that is written down. */
export async function finishBeside<Result>(
  { verifyRun, publishRun, recordRun }: Pick<Activities, "verifyRun" | "publishRun" | "recordRun">,
  { run, loads, rejectLimit, priority }: FinishRunInput,
  beside: () => Promise<Result>,
): Promise<[RunReport, Result]> {
  const { totals, rejects } = await verifyRun({ run, loads, rejectLimit });
  const publication = await publishRun({ run, loads, priority });
  const loadIds = loads.map((load) => load.loadId);
  const [, result] = await settled(recordRun({ run, state: "imported", loadIds, error: "" }), beside());
  return [{ publication, ...rowsOf(loads), totals, rejects }, result];
}
