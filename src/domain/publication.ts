import { addDays, listDays } from "./month.ts";
import type { Day, DayRange } from "./month.ts";
import { covers, METRICS } from "./run.ts";
import type { Metric, Run } from "./run.ts";

/** A run of one series as its publication knows it. */
export type PublishedRun = Pick<Run, "runId" | "submittedAt" | "days"> & {
  /** The loads of the run itself, without what survives of its elders. */
  readonly loadIds: readonly string[];
};

/** What a publication takes from one run: all of it, or the days that no later run covers. */
export type Piece = { readonly run: PublishedRun; readonly days: "all" | readonly Day[] };

/** Which of two runs of a series is current: the one that Azure was asked for later. */
export function compareRuns(a: Pick<Run, "submittedAt" | "runId">, b: Pick<Run, "submittedAt" | "runId">): number {
  if (a.submittedAt !== b.submittedAt) return a.submittedAt < b.submittedAt ? -1 : 1;
  return a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0;
}

/** The run that answers for a series; undefined when there is none. */
export function newestRun<R extends Pick<Run, "submittedAt" | "runId">>(runs: readonly R[]): R | undefined {
  return runs.reduce<R | undefined>(
    (newest, run) => (newest === undefined || compareRuns(run, newest) > 0 ? run : newest),
    undefined,
  );
}

/**
 * What makes `run` complete for its month: the run itself, and of each elder the days that no later run covers. Each
 * day is in exactly one piece.
 */
export function composePublication(run: PublishedRun, others: readonly PublishedRun[]): Piece[] {
  const elders = others.filter((other) => other.runId !== run.runId && compareRuns(other, run) < 0);
  const pieces: Piece[] = [{ run, days: "all" }];
  const answered = new Set<Day>(listDays(run.days));
  for (const elder of elders.toSorted((a, b) => compareRuns(b, a))) {
    const days = listDays(elder.days);
    const surviving = days.filter((day) => !answered.has(day));
    if (surviving.length > 0) {
      pieces.push({ run: elder, days: surviving.length === days.length ? "all" : surviving });
    }
    for (const day of surviving) answered.add(day);
  }
  return pieces;
}

/** Whether the later ones of `runs` together cover every day of `run`, so that it would show nowhere. */
export function isSuperseded(
  run: Pick<Run, "runId" | "submittedAt" | "days">,
  runs: readonly Pick<Run, "runId" | "submittedAt" | "days">[],
): boolean {
  const later = runs.filter((other) => other.runId !== run.runId && compareRuns(other, run) > 0);
  return listDays(run.days).every((day) => later.some((other) => covers(other.days, day)));
}

/**
 * The first and last of the days a row may carry so that it belongs to `days` of a run: rows dated before or after
 * the run's own range (late corrections, charges dated ahead) stay with its first or last day.
 */
export function datesOf(days: readonly Day[], range: DayRange): { day: Day; from: Day; until: Day }[] {
  const EARLIEST = "1970-01-01" as Day;
  const LATEST = "2149-06-05" as Day;
  return days.map((day) => ({
    day,
    from: day === range.first ? EARLIEST : day,
    until: day === range.last ? LATEST : addDays(day, 1),
  }));
}

/** What decides which of two publications answers where both cover the same subscription and day. */
export type RankedPublication = Pick<Run, "source" | "export" | "dataset" | "submittedAt"> & {
  /** Of the source, when it was published; the smaller one answers. */
  readonly priority: number;
};

/** Whether `a` answers and `b` is silent: smaller priority first, then the later run; the names only break ties. */
export function answersBefore(a: RankedPublication, b: RankedPublication): boolean {
  if (a.priority !== b.priority) return a.priority < b.priority;
  if (a.submittedAt !== b.submittedAt) return a.submittedAt > b.submittedAt;
  const name = ({ source, export: exportId, dataset }: RankedPublication) =>
    JSON.stringify([source, exportId, dataset]);
  return name(a) < name(b);
}

/** The metrics that two publications both answer, so that one of them has to be silent. */
export function sharedMetrics(
  a: Pick<RankedPublication, "dataset">,
  b: Pick<RankedPublication, "dataset">,
): readonly Metric[] {
  return METRICS[a.dataset].filter((metric) => METRICS[b.dataset].includes(metric));
}
