import type { ImportPlan } from "../activities/plan-runs.ts";
import type { RunOutcome } from "./import-source.ts";
import type { SourceProgress } from "./progress.ts";

/** Counts what an import of a source plans and brings, for whoever asks how far it is. */
export function createRunCounter() {
  const runs = { total: 0, imported: 0, skipped: 0, failed: 0 };
  const count = { rows: 0, rejected: 0 };
  return {
    onPlan: (plan: ImportPlan): void => {
      runs.skipped = plan.moreSkipped.reduce((sum, more) => sum + more.count, plan.skipped.length);
      runs.total = runs.imported + runs.failed + plan.runs.length + (plan.extractions?.length ?? 0) + runs.skipped;
    },
    onOutcome: (run: RunOutcome): void => {
      if (run.outcome === "failed") runs.failed++;
      if (run.outcome === "skipped") runs.skipped++;
      if (run.outcome !== "imported") return;
      runs.imported++;
      count.rows += run.report.rowsLoaded;
      count.rejected += run.report.rowsRejected;
    },
    counts: (): Pick<SourceProgress, "runs" | "rows" | "rejected"> => ({ runs: { ...runs }, ...count }),
  };
}
