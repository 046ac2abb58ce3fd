import { patched } from "@temporalio/workflow";
import type { Activities } from "../../activities/activities.ts";
import { rowsOf } from "../../src/domain/load.ts";
import { activities, apart } from "./activities.ts";
import { PATCHES } from "./patches.ts";

type Steps = Pick<
  Activities,
  "planRuns" | "recordRun" | "recordAttempt" | "loadPart" | "checkTracking" | "verifyRun" | "publishRun" | "finishRun"
>;

/**
 * The same steps for imports that began when each was taken alone, with nothing beside what is written down, none but the
 * smallest at hand, and with a gate before the publication.
 */
export function inTurn<Given extends Steps>(steps: Given, pass: () => Promise<void>): Given {
  let recorded: Promise<unknown> = Promise.resolve();
  function recording<Record, Result>(record: (what: Record) => Promise<Result>) {
    return (what: Record): Promise<Result> => {
      const result = record(what);
      recorded = result;
      return result;
    };
  }
  return {
    ...steps,
    recordRun: recording(steps.recordRun),
    recordAttempt: recording(steps.recordAttempt),
    async planRuns(input: Parameters<Steps["planRuns"]>[0]) {
      await recorded;
      return apart.planRuns(input);
    },
    async loadPart(input: Parameters<Steps["loadPart"]>[0]) {
      await recorded;
      return steps.loadPart(input);
    },
    async finishRun({ run, loads, rejectLimit, priority }: Parameters<Steps["finishRun"]>[0]) {
      const { totals, rejects } = await steps.verifyRun({ run, loads, rejectLimit });
      await pass();
      const publication = await steps.publishRun({ run, loads, priority });
      await steps.recordRun({ run, state: "imported", loadIds: loads.map((load) => load.loadId), error: "" });
      return { publication, ...rowsOf(loads), totals, rejects };
    },
    async checkTracking() {
      await recorded;
      return patched(PATCHES.tracksResources) ? steps.checkTracking() : { isBehind: false };
    },
  };
}

/** The steps of a run that was written down as begun by an activity of its own, while its first loads were under way. */
export const openBeside: Pick<Activities, "recordRun"> = {
  recordRun: (record) => (record.state === "importing" ? apart : activities).recordRun(record),
};
