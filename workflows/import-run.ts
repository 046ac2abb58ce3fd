import type { Activities } from "../activities/activities.ts";
import type { RunReport } from "../src/domain/run-report.ts";
import { inBatches } from "../src/domain/in-batches.ts";
import type { Load } from "../src/domain/load.ts";
import type { Run } from "../src/domain/run.ts";
import { settled } from "../src/domain/settled.ts";
import type { Source } from "../src/domain/source.ts";

/** Which run to import, and the source as it is now. */
export type ImportRunInput = { readonly source: Source; readonly run: Run };

/** The activities that an import of a run takes. */
export type RunActivities = Pick<Activities, "recordRun" | "loadPart" | "finishRun">;

/** Parts of one run that are loaded side by side in one process. */
const CONCURRENT_LOADS = 2;

/** Brings one run in: loads its parts, so many of them side by side, checks that nothing is missing, makes it visible. */
export async function importRun(
  activities: RunActivities,
  { source, run }: ImportRunInput,
  concurrency = CONCURRENT_LOADS,
): Promise<RunReport> {
  const { parts, ...facts } = run;
  const partCount = parts.length;
  let loads: Load[] = [];
  try {
    [, loads] = await settled(
      activities.recordRun({ run, state: "importing", loadIds: [], error: "" }),
      inBatches(parts, concurrency, (part) => activities.loadPart({ source, run: facts, part, partCount })),
    );
    return await activities.finishRun({ run, loads, rejectLimit: source.rejectLimit, priority: source.priority });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const failed = { run, state: "failed" as const, loadIds: loads.map((load) => load.loadId), error: message };
    // The failure itself is what the caller must see, also when it cannot be written down.
    await activities.recordRun(failed).catch(() => undefined);
    throw error;
  }
}
