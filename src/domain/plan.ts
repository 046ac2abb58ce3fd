import type { DayRange } from "./month.ts";
import { compareRuns, isSuperseded } from "./publication.ts";
import { runKeyOf, seriesOf } from "./run.ts";
import type { Dataset, Run, RunName } from "./run.ts";

/** What to import of what was found. */
export type ImportOptions = {
  /** Only runs that cover a day of it. */
  readonly billingPeriod?: DayRange | undefined;
  /** Only this run; also when a later one supersedes it, or it was withdrawn. */
  readonly runId?: string | undefined;
  /** Only runs of this dataset. */
  readonly dataset?: Dataset | undefined;
  /** Import again what is published. */
  readonly overwrite: boolean;
};

/** A run of which the publications already know. */
export type KnownRun = Pick<Run, "source" | "export" | "dataset" | "month" | "runId" | "submittedAt" | "days"> & {
  /** It was taken back: it answers nowhere, and only comes in again when it is asked for. */
  readonly isWithdrawn?: boolean;
};

/** Why a run is not imported. */
export type SkipReason =
  | "already imported"
  | "withdrawn"
  | "superseded by a later run"
  | "outside of the billing period"
  | "another run id"
  | "another dataset"
  | "another import is at it"
  | "the API has no data";

/** A run that is not imported. */
export type SkippedRun = RunName & { readonly reason: SkipReason };

/** Runs that are not imported and not named one by one. */
export type SkippedCount = { readonly reason: SkipReason; readonly count: number };

/** What happens to one discovered run. */
export type PlannedRun =
  | { readonly run: Run; readonly action: "import" }
  | { readonly run: Run; readonly action: "skip"; readonly reason: SkipReason };

/**
 * Decides what happens to each discovered run, newest first within each series, so that the current figures appear
 * first. Runs that are published are skipped unless `overwrite`; runs that later ones cover entirely are skipped
 * unless asked for by id, and so are runs that were withdrawn.
 */
export function planImport(
  discovered: readonly Run[],
  known: readonly KnownRun[],
  options: ImportOptions,
): PlannedRun[] {
  const published = new Set(known.filter((run) => run.isWithdrawn !== true).map(runKeyOf));
  const withdrawn = new Set(known.filter((run) => run.isWithdrawn === true).map(runKeyOf));
  const bySeries = new Map<string, KnownRun[]>();
  for (const run of [...discovered, ...known]) {
    if (withdrawn.has(runKeyOf(run))) continue; // it answers nowhere, so it supersedes nothing
    const series = bySeries.get(seriesOf(run));
    if (series === undefined) bySeries.set(seriesOf(run), [run]);
    else series.push(run);
  }
  return discovered.toSorted(comparePlanned).map((run) => {
    const reason = reasonToSkip(run, { published, withdrawn }, bySeries.get(seriesOf(run)) ?? [], options);
    return reason === undefined ? { run, action: "import" } : { run, action: "skip", reason };
  });
}

/** The order in which runs are imported and told: by series, newest first. */
export function comparePlanned<R extends Omit<KnownRun, "days">>(a: R, b: R): number {
  return compareText(seriesOf(a), seriesOf(b)) || compareRuns(b, a);
}

/** Counts runs by the reason why they are not imported. */
export function countReasons(...skipped: readonly (SkippedCount | Pick<SkippedRun, "reason">)[]): SkippedCount[] {
  const counts = new Map<SkipReason, number>();
  for (const one of skipped) counts.set(one.reason, (counts.get(one.reason) ?? 0) + ("count" in one ? one.count : 1));
  return [...counts].map(([reason, count]) => ({ reason, count }));
}

function reasonToSkip(
  run: Run,
  { published, withdrawn }: { published: ReadonlySet<string>; withdrawn: ReadonlySet<string> },
  series: readonly KnownRun[],
  { billingPeriod, runId, dataset, overwrite }: ImportOptions,
): SkipReason | undefined {
  if (runId !== undefined && run.runId.toLowerCase() !== runId.toLowerCase()) return "another run id";
  if (dataset !== undefined && run.dataset !== dataset) return "another dataset";
  if (billingPeriod !== undefined && (run.days.last < billingPeriod.first || billingPeriod.last < run.days.first)) {
    return "outside of the billing period";
  }
  if (published.has(runKeyOf(run)) && !overwrite) return "already imported";
  if (withdrawn.has(runKeyOf(run)) && runId === undefined) return "withdrawn";
  if (runId === undefined && isSuperseded(run, series)) return "superseded by a later run";
  return undefined;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
