import { nameOfRun } from "../src/domain/run.ts";
import type { Run } from "../src/domain/run.ts";
import type { Source } from "../src/domain/source.ts";
import type { ImportHost, RunOutcome } from "./import-source.ts";

/** Imports one run, and says what came of it. Throws only when the work is to stop. */
export async function settleRun(host: ImportHost, source: Source, run: Run): Promise<RunOutcome> {
  const name = nameOfRun(run);
  await host.gate();
  try {
    return { ...name, outcome: "imported", report: await host.importRun({ source, run }) };
  } catch (error) {
    if (!(error instanceof Error) || error.name === "AbortError") throw error;
    if (error.name === "AlreadyRunningError") return { ...name, outcome: "skipped", reason: "another import is at it" };
    return { ...name, outcome: "failed", error: error.message, errorName: error.name };
  }
}

/** Whether what a run is made of was replaced, or went away, while it was loaded. */
export function isOverwritten(run: RunOutcome | undefined): boolean {
  return run?.outcome === "failed" && run.errorName === "OverwrittenError";
}
