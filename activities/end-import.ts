import type { AttemptRecord } from "../clickhouse/attempts.ts";
import { settled } from "../src/domain/settled.ts";
import type { RunReport } from "../src/domain/run-report.ts";
import type { Activities } from "./activities.ts";
import { finishBeside } from "./finish-run.ts";
import type { FinishRunInput } from "./finish-run.ts";

/** Which workflow to start: its id, its input, and what it is found by. */
export type StartPruneInput = {
  readonly workflowId: string;
  readonly source: string;
  readonly attributes: readonly {
    readonly key: { readonly name: string; readonly type: "KEYWORD" };
    readonly value: string;
  }[];
};

/** How an import ends, and which prune it leaves behind; null where it has brought in nothing. */
export type EndImportInput = { readonly record: AttemptRecord; readonly prune: StartPruneInput | null };

/** The last run of an import, of which all parts are loaded, and how the import ends with it. */
export type FinishLastRunInput = { readonly run: FinishRunInput; readonly end: EndImportInput };

/** What came of the last run, and of the end: null where that is still to be done. */
export type LastRunReport = { readonly report: RunReport; readonly ended: EndedImport | null };

/** What follows an import: whether there are resources to be assigned to rules. */
export type EndedImport = { readonly isBehind: boolean };

type Steps = Pick<Activities, "recordAttempt" | "checkTracking"> & {
  readonly startPrune: (input: StartPruneInput) => Promise<void>;
};

/**
 * Writes down how an import ends, leaves a prune behind, and asks whether there are resources to be assigned to rules:
 * also where that cannot be told, so that who assigns them says why. In one step, because each way to a host and back takes
 * longer than the work. Done anew it ends the same.
 */
export function createEndImport({ recordAttempt, checkTracking, startPrune }: Steps) {
  return async function endImport({ record, prune }: EndImportInput): Promise<EndedImport> {
    const [checked] = await settled(
      checkTracking().catch(() => ({ isBehind: true })),
      recordAttempt(record),
      prune === null ? undefined : startPrune(prune),
    );
    return checked;
  };
}

/** Finishes the last run of an import, and ends the import with it. Fails where `finishRun` does. Done anew it ends the same. */
export function createFinishLastRun(steps: Steps & Parameters<typeof finishBeside>[0]) {
  const endImport = createEndImport(steps);
  return async function finishLastRun({ run, end }: FinishLastRunInput): Promise<LastRunReport> {
    // Once the run is visible, its import makes up for an end that fails.
    const [report, ended] = await finishBeside(steps, run, () => endImport(end).catch(() => null));
    return { report, ended };
  };
}
