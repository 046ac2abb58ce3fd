import type { Activities } from "../activities/activities.ts";
import type { ImportPlan, PlanRunsInput } from "../activities/plan-runs.ts";
import type { TrackingReport } from "../activities/track-resources.ts";
import { PERMANENT_ERRORS } from "../src/domain/errors.ts";
import type { DayRange } from "../src/domain/month.ts";
import { comparePlanned, countReasons } from "../src/domain/plan.ts";
import type { SkippedCount, SkipReason } from "../src/domain/plan.ts";
import type { RunReport } from "../src/domain/run-report.ts";
import { nameOfRun, runKeyOf, seriesOf } from "../src/domain/run.ts";
import type { Dataset, Run, RunName } from "../src/domain/run.ts";
import { settled } from "../src/domain/settled.ts";
import { isApiSource } from "../src/domain/source.ts";
import type { Source } from "../src/domain/source.ts";
import { importExtractions } from "./import-extractions.ts";
import type { ImportRunInput } from "./import-run.ts";
import type { ExtractionProgress } from "./progress.ts";
import { isOverwritten, settleRun } from "./settle-run.ts";
import { trackPublished } from "./track-resources.ts";

/** What to import of a source. */
export type ImportSourceInput = {
  readonly source: string;
  /** Only runs that cover a day of it. */
  readonly billingPeriod?: DayRange | undefined;
  /** Only this run; also when a later one replaces it. */
  readonly runId?: string | undefined;
  /** Only runs of this dataset. */
  readonly dataset?: Dataset | undefined;
  /** Import again what is published. */
  readonly overwrite?: boolean;
  /** Load nothing, say what would happen. */
  readonly dryRun?: boolean;
  /** Ask an API anew, also for what is published; refused where the source is none. */
  readonly extract?: boolean;
  /** Only this invoice of the billing period's month (MCA). */
  readonly invoice?: string | undefined;
};

/** What came of one run, or of one question to an API: that one has an empty run id where no run came of it. */
export type RunOutcome = RunName &
  (
    | { readonly outcome: "imported"; readonly report: RunReport }
    | { readonly outcome: "would import"; readonly partCount: number; readonly byteCount: number }
    | { readonly outcome: "would ask" }
    | { readonly outcome: "skipped"; readonly reason: SkipReason }
    | { readonly outcome: "failed"; readonly error: string; readonly errorName: string }
  );

/** What came of an import of a source. */
export type SourceReport = {
  readonly source: string;
  readonly runs: readonly RunOutcome[];
  /** Skipped runs that are not among `runs`. */
  readonly moreSkipped: readonly SkippedCount[];
  /** Deliveries that could not be read. */
  readonly problems: readonly { readonly place: string; readonly message: string }[];
  readonly warnings: readonly string[];
  /** The resources that were assigned to rules afterwards; not there where nothing was to be assigned. */
  readonly tracking?: TrackingReport;
};

/** What an import of a source needs of whoever hosts it. */
export type ImportHost = {
  readonly activities: Activities;
  readonly importRun: (input: ImportRunInput) => Promise<RunReport>;
  /** Waits while the import is paused. */
  readonly gate: () => Promise<void>;
  /** Waits for an API. Fails as AbortError when the work is to stop. */
  readonly sleep: (seconds: number) => Promise<void>;
  /** Hears of every plan, of every wait for an API, of what came of each run, and that resources are assigned to rules. */
  readonly onPlan?: (plan: ImportPlan) => void;
  readonly onWait?: (extraction: ExtractionProgress) => void;
  readonly onOutcome?: (run: RunOutcome) => void;
  readonly onTrack?: () => void;
  /** Ends an attempt when all runs are settled; where it is not given, by the activities. */
  readonly endAttempt?: (record: AttemptRecord) => EndOfAttempt;
};

/** How an attempt to import a source stands. */
export type AttemptRecord = Parameters<Activities["recordAttempt"]>[0];

/** What is done side by side at the end of an attempt; it is over when all of it is. */
export type EndOfAttempt = {
  /** How it stands is written down. */
  readonly recorded: Promise<unknown>;
  /** Whether there are resources to be assigned to rules. */
  readonly checked: ReturnType<Activities["checkTracking"]>;
  /** What else the host does. */
  readonly left?: Promise<unknown>;
};

/** How often a source is listed anew because a delivery was overwritten under our hands. */
const LISTINGS = 3;

/**
 * Imports what a source holds and is not published yet, newest run first; then assigns the resources that are new to their
 * rules. A run that fails is reported and does not stop the others; an overwritten delivery leads to a new listing. Throws
 * when the source itself cannot be read, or when the work is to stop.
 */
export async function importSource(host: ImportHost, input: ImportSourceInput): Promise<SourceReport> {
  const { activities } = host;
  const source = await activities.findSource({ name: input.source });
  if (input.dryRun === true) return importPlanned(host, source, input);
  return importRecorded(host, source, input);
}

/** Imports as an attempt that is written down. */
async function importRecorded(host: ImportHost, source: Source, input: ImportSourceInput): Promise<SourceReport> {
  const { activities, endAttempt = createEndAttempt(activities), onTrack } = host;
  const begin = beginningOf(source.name);
  const recording = activities.recordAttempt(begin);
  // Beside the first plan, which is not acted upon before it is written down that the import has begun.
  const planRuns: Activities["planRuns"] = async (wanted) => {
    const [plan] = await settled(activities.planRuns(wanted), recording);
    return plan;
  };
  async function fail(failure: unknown): Promise<never> {
    const attempt = await recording.catch(() => null);
    const error = failure instanceof Error ? failure.message : String(failure);
    const state = failure instanceof Error && failure.name === "AbortError" ? "canceled" : "failed";
    // The failure itself is what the caller must see, also when it cannot be written down.
    await activities.recordAttempt({ ...begin, attempt, state, error }).catch(() => undefined);
    throw failure;
  }
  const report = await importPlanned({ ...host, activities: { ...activities, planRuns } }, source, input).catch(fail);
  const attempt = await recording;
  const { recorded, checked, left } = endAttempt({ ...begin, ...countOutcomes(report), attempt });
  const [, { warnings, ...tracked }] = await settled(
    recorded.catch(fail),
    trackPublished({ ...activities, checkTracking: () => checked }, onTrack),
    left,
  );
  return { ...report, ...tracked, warnings: [...report.warnings, ...warnings] };
}

/** An attempt to import a source, before it has done anything. */
export function beginningOf(source: string): AttemptRecord {
  return { source, attempt: null, state: "running", runsFound: 0, runsImported: 0, runsFailed: 0, error: "" };
}

/** Ends an attempt by the activities, one for each. */
export function createEndAttempt({
  recordAttempt,
  checkTracking,
}: Pick<Activities, "recordAttempt" | "checkTracking">) {
  return (record: AttemptRecord): EndOfAttempt => ({ recorded: recordAttempt(record), checked: checkTracking() });
}

/** Plans and imports until nothing is left to do: a plan may be a part of the work only, and failures change it. */
async function importPlanned(host: ImportHost, source: Source, input: ImportSourceInput): Promise<SourceReport> {
  const wanted = wantedOf(input);
  const isDryRun = input.dryRun === true;
  const worked = new Map<string, RunOutcome>();
  for (let listing = 1; ;) {
    const keysOf = (isWanted: (run: RunOutcome) => boolean) =>
      [...worked].flatMap(([key, run]) => (isWanted(run) ? [key] : []));
    const plan = await host.activities.planRuns({
      source,
      ...wanted,
      without: keysOf(isPermanent),
      settled: keysOf((run) => !isPermanent(run)),
    });
    host.onPlan?.(plan);
    if (plan.extractions !== undefined && isApiSource(source)) return importExtractions(host, source, plan, isDryRun);
    const outcomes: RunOutcome[] = [];
    for (const run of plan.runs) {
      const outcome = isDryRun ? wouldImport(run) : await settleRun(host, source, run);
      worked.set(runKeyOf(run), outcome);
      outcomes.push(outcome);
      host.onOutcome?.(outcome);
    }
    const overwritten = plan.runs.map(runKeyOf).filter((key) => isOverwritten(worked.get(key)));
    const isListedAgain = overwritten.length > 0 && listing < LISTINGS;
    if (isListedAgain) listing++;
    if (!isListedAgain && !plan.isPartial && !mayOthersAnswer(plan, outcomes)) {
      const { moreSkipped, problems, warnings } = plan;
      const skipped = plan.skipped.map((run): RunOutcome => ({ ...run, outcome: "skipped" }));
      const runs = [...worked.values(), ...skipped].toSorted((a, b) =>
        comparePlanned({ ...a, source: source.name }, { ...b, source: source.name }),
      );
      return { source: source.name, runs, moreSkipped, problems, warnings };
    }
    if (isListedAgain) for (const key of overwritten) worked.delete(key);
  }
}

/** What is to be planned of a source, whatever is settled already. */
export function wantedOf(input: ImportSourceInput): Omit<PlanRunsInput, "source" | "without" | "settled"> {
  const { billingPeriod, runId, dataset, overwrite = false, extract, invoice } = input;
  return { billingPeriod, runId, dataset, overwrite, extract, invoice };
}

/** A run that cannot be imported supersedes nothing: an earlier one of its series may answer instead. */
function mayOthersAnswer({ skipped, moreSkipped }: ImportPlan, outcomes: readonly RunOutcome[]): boolean {
  const failed = new Set(outcomes.filter(isPermanent).map(seriesInSource));
  if (failed.size === 0) return false;
  return moreSkipped.length > 0 || skipped.some((run) => isSuperseded(run) && failed.has(seriesInSource(run)));
}

function wouldImport(run: Run): RunOutcome {
  const byteCount = run.parts.reduce((sum, part) => sum + part.byteCount, 0);
  return { ...nameOfRun(run), outcome: "would import", partCount: run.parts.length, byteCount };
}

function isPermanent(run: RunOutcome): boolean {
  return run.outcome === "failed" && PERMANENT_ERRORS.includes(run.errorName);
}

function isSuperseded({ reason }: { readonly reason: SkipReason }): boolean {
  return reason === "superseded by a later run";
}

/** Tells the series of one source apart. */
function seriesInSource(run: RunName): string {
  return seriesOf({ ...run, source: "" });
}

/** The same report without the names of runs that were skipped. */
export function withoutSkipped(report: SourceReport): SourceReport {
  const skipped = report.runs.flatMap((run) => (run.outcome === "skipped" ? [run] : []));
  const runs = report.runs.filter((run) => run.outcome !== "skipped");
  return { ...report, runs, moreSkipped: countReasons(...skipped, ...report.moreSkipped) };
}

/** What went wrong with one run, of which people know the source. */
export function describeFailure({ dataset, month, runId, error }: RunOutcome & { outcome: "failed" }): string {
  return `${runId === "" ? `${dataset} ${month}` : `run ${runId}`}: ${error}`;
}

/** Everything that went wrong with some of the runs, each in full: none when all is well. */
export function errorsOf({ runs, problems }: Pick<SourceReport, "runs" | "problems">): string[] {
  const failed = runs.flatMap((run) => (run.outcome === "failed" ? [run] : []));
  return [
    ...failed.map(
      (run) => `${run.exportName} ${run.month} ${run.runId === "" ? run.dataset : run.runId}: ${run.error}`,
    ),
    ...problems.map((problem) => problem.message),
  ];
}

function countOutcomes(report: SourceReport) {
  const { runs, moreSkipped } = report;
  const errors = errorsOf(report);
  return {
    state: errors.length === 0 ? ("done" as const) : ("failed" as const),
    runsFound: moreSkipped.reduce((sum, { count }) => sum + count, runs.length),
    runsImported: runs.filter((run) => run.outcome === "imported").length,
    runsFailed: runs.filter((run) => run.outcome === "failed").length,
    error: errors.join("\n"),
  };
}
