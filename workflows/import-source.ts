import type { Activities } from "../activities/activities.ts";
import { PERMANENT_ERRORS } from "../src/domain/errors.ts";
import type { DayRange } from "../src/domain/month.ts";
import { planImport } from "../src/domain/plan.ts";
import type { PlannedRun, SkipReason } from "../src/domain/plan.ts";
import type { Run } from "../src/domain/run.ts";
import type { Source } from "../src/domain/source.ts";
import { importRun } from "./import-run.ts";
import type { RunReport } from "./import-run.ts";

/** What to import of a source. */
export type ImportSourceInput = {
  readonly source: string;
  readonly billingPeriod?: DayRange | undefined;
  readonly runId?: string | undefined;
  readonly overwrite: boolean;
  /** Load nothing, say what would happen. */
  readonly dryRun: boolean;
};

/** What came of one discovered run. */
export type RunOutcome = Pick<Run, "export" | "exportName" | "dataset" | "month" | "runId" | "days" | "submittedAt"> &
  (
    | { readonly outcome: "imported"; readonly report: RunReport }
    | { readonly outcome: "would import"; readonly partCount: number; readonly byteCount: number }
    | { readonly outcome: "skipped"; readonly reason: SkipReason }
    | { readonly outcome: "failed"; readonly error: string; readonly errorName: string }
  );

/** What came of an import of a source. */
export type SourceReport = {
  readonly source: string;
  readonly runs: readonly RunOutcome[];
  /** Deliveries that could not be read. */
  readonly problems: readonly { readonly place: string; readonly message: string }[];
  readonly warnings: readonly string[];
};

/** How often a source is listed anew because a delivery was overwritten under our hands. */
const LISTINGS = 3;
const OVERWRITTEN = "OverwrittenError";

/**
 * Imports what a source holds and is not published yet, newest run first. A run that fails is reported and does not
 * stop the others; an overwritten delivery leads to a new listing. Throws when the source itself cannot be read, or
 * when the work is to stop.
 */
export async function importSource(activities: Activities, input: ImportSourceInput): Promise<SourceReport> {
  const source = await activities.findSource({ name: input.source });
  const begin = { source: source.name, runsFound: 0, runsImported: 0, runsFailed: 0, error: "" };
  if (input.dryRun) return importListed(activities, source, input, []);
  const attempt = await activities.recordAttempt({ ...begin, attempt: null, state: "running" });
  try {
    const done: RunOutcome[] = [];
    let listed = await importListed(activities, source, input, done);
    for (let listing = 1; listing < LISTINGS && listed.runs.some(isOverwritten); listing++) {
      done.push(...listed.runs.filter((run) => run.outcome !== "skipped" && !isOverwritten(run)));
      listed = await importListed(activities, source, input, done);
    }
    const report: SourceReport = { ...listed, runs: [...done, ...listed.runs] };
    await activities.recordAttempt({ ...begin, ...countOutcomes(report), attempt });
    return report;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const state = error instanceof Error && error.name === "AbortError" ? "canceled" : "failed";
    // The failure itself is what the caller must see, also when it cannot be written down.
    await activities.recordAttempt({ ...begin, attempt, state, error: message }).catch(() => undefined);
    throw error;
  }
}

async function importListed(
  activities: Activities,
  source: Source,
  input: ImportSourceInput,
  done: readonly RunOutcome[],
): Promise<SourceReport> {
  const discovery = await activities.discoverRuns({ source, billingPeriod: input.billingPeriod });
  const known = await activities.listKnownRuns({ source: source.name });
  const settled = new Set(done.map(outcomeKey));
  const runs: RunOutcome[] = [];
  let candidates = discovery.runs;
  let planned = planImport(candidates, known, input);
  for (let next = planned.shift(); next !== undefined; next = planned.shift()) {
    if (settled.has(outcomeKey(next.run))) continue;
    const outcome = await settle(activities, source, next, input.dryRun);
    settled.add(outcomeKey(next.run));
    runs.push(outcome);
    if (outcome.outcome === "failed" && PERMANENT_ERRORS.includes(outcome.errorName)) {
      // A run that cannot be imported supersedes nothing: an earlier one may answer instead.
      candidates = candidates.filter((run) => outcomeKey(run) !== outcomeKey(outcome));
      planned = planImport(candidates, known, input);
    }
  }
  return { source: source.name, runs, problems: discovery.problems, warnings: discovery.warnings };
}

async function settle(
  activities: Activities,
  source: Source,
  planned: PlannedRun,
  isDryRun: boolean,
): Promise<RunOutcome> {
  const { run } = planned;
  const { exportName, dataset, month, runId, days, submittedAt } = run;
  const name = { export: run.export, exportName, dataset, month, runId, days, submittedAt };
  if (planned.action === "skip") return { ...name, outcome: "skipped", reason: planned.reason };
  if (isDryRun) {
    const byteCount = run.parts.reduce((sum, part) => sum + part.byteCount, 0);
    return { ...name, outcome: "would import", partCount: run.parts.length, byteCount };
  }
  try {
    return { ...name, outcome: "imported", report: await importRun(activities, { source, run }) };
  } catch (error) {
    if (!(error instanceof Error) || error.name === "AbortError") throw error;
    return { ...name, outcome: "failed", error: error.message, errorName: error.name };
  }
}

/** Tells the runs of one source apart. */
function outcomeKey(run: Pick<Run, "export" | "dataset" | "month" | "runId">): string {
  return JSON.stringify([run.export, run.dataset, run.month, run.runId]);
}

function isOverwritten(run: RunOutcome): boolean {
  return run.outcome === "failed" && run.errorName === OVERWRITTEN;
}

function countOutcomes({ runs, problems }: SourceReport) {
  const failed = runs.filter((run) => run.outcome === "failed");
  const errors = [
    ...failed.map((run) => `${run.exportName} ${run.month} ${run.runId}: ${run.error}`),
    ...problems.map((problem) => problem.message),
  ];
  return {
    state: errors.length === 0 ? ("done" as const) : ("failed" as const),
    runsFound: runs.length,
    runsImported: runs.filter((run) => run.outcome === "imported").length,
    runsFailed: failed.length,
    error: errors.join("\n"),
  };
}
