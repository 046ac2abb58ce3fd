import type { Activities, LoadProgress } from "../activities/activities.ts";
import type { Part, Run } from "./domain/run.ts";

type RunName = Pick<Run, "source" | "exportName" | "dataset" | "month" | "runId">;

/** What happens while an import runs. */
export type ImportEvent =
  | { readonly event: "source listed"; readonly source: string; readonly runs: number; readonly problems: number }
  | (RunName & { readonly event: "run started"; readonly parts: number; readonly byteCount: number })
  | (PartName & {
      readonly event: "part started";
      readonly byteCount: number;
      /** How long it is at it already, where that is only seen later. */
      readonly milliseconds?: number;
    })
  | (PartName & LoadProgress & { readonly event: "part progress" })
  | (PartName & {
      readonly event: "part loaded";
      readonly loadId: string;
      readonly byteCount: number;
      readonly rowsLoaded: number;
      readonly rowsRejected: number;
      readonly milliseconds: number;
    })
  | (PartName & { readonly event: "part failed"; readonly error: string })
  | (PartName & { readonly event: "part retried"; readonly attempt: number; readonly error: string })
  | (PartName & { readonly event: "part stopped" })
  | (RunName & { readonly event: "run imported" })
  | (RunName & { readonly event: "run failed"; readonly error: string });

type PartName = { readonly source: string; readonly runId: string; readonly part: string };

/** Hears of what happens. */
export type ImportListener = (event: ImportEvent) => void;

/** The same activities, which tell of their beginnings and ends. */
export function watchActivities(activities: Activities, tell: ImportListener): Activities {
  return {
    ...activities,
    async planRuns(input) {
      const plan = await activities.planRuns(input);
      const { length: problems } = plan.problems;
      tell({ event: "source listed", source: input.source.name, runs: plan.found, problems });
      return plan;
    },
    async loadPart(input) {
      const { part } = input;
      const name = { source: input.run.source, runId: input.run.runId, part: part.path };
      const begin = performance.now();
      tell({ event: "part started", ...name, byteCount: part.byteCount });
      try {
        const load = await activities.loadPart(input);
        const { loadId, rowsLoaded, rowsRejected } = load;
        const milliseconds = Math.round(performance.now() - begin);
        const counts = { loadId, byteCount: part.byteCount, rowsLoaded, rowsRejected, milliseconds };
        tell({ event: "part loaded", ...name, ...counts });
        return load;
      } catch (error) {
        tell({ event: "part failed", ...name, error: error instanceof Error ? error.message : String(error) });
        throw error;
      }
    },
    async recordRun(record) {
      const { source, exportName, dataset, month, runId, parts } = record.run;
      const name = { source, exportName, dataset, month, runId };
      if (record.state === "importing") {
        tell({ event: "run started", ...name, parts: parts.length, byteCount: sizeOf(parts) });
      }
      await activities.recordRun(record);
      if (record.state === "imported") tell({ event: "run imported", ...name });
      if (record.state === "failed") tell({ event: "run failed", ...name, error: record.error });
    },
  };
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.byteCount, 0);
}
