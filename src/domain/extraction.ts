import { addDays, addMonths, daysOfMonth, firstDayOf, monthOf } from "./month.ts";
import type { Day, DayRange, Month } from "./month.ts";
import { METRICS } from "./run.ts";
import type { Dataset, Run } from "./run.ts";

/** What to ask an API for: one dataset of the days of one billing month. A run comes of it, or nothing. */
export type Extraction = {
  readonly dataset: Exclude<Dataset, "focus">;
  readonly month: Month;
  /** All days of the month, up to the present one. */
  readonly days: DayRange;
  /** Only this invoice of the month (MCA); everything without it. */
  readonly invoice?: string | undefined;
};

/** How far an API is with what it was asked for. Plain JSON that holds no secret. */
export type ExtractionState =
  /** `operation` says where to look again, `askedAt` when it was asked for; both are for the API's own reader. */
  | { readonly kind: "pending"; readonly operation: string; readonly askedAt: string; readonly waitSeconds: number }
  | { readonly kind: "no data" }
  | { readonly kind: "ready"; readonly run: Run };

/** A month that was asked for before: a run that came of it, or word that there is nothing. */
export type EarlierAnswer = Pick<Run, "dataset" | "month" | "submittedAt">;

/** What is to be extracted. */
export type ExtractionOptions = {
  readonly datasets: readonly Extraction["dataset"][];
  /** Only months that have a day of it; without it the present month and those before it, `monthsBack` of them. */
  readonly billingPeriod?: DayRange | undefined;
  readonly monthsBack: number;
  /** The oldest month that the API still knows, counted back from the present one. */
  readonly monthsKept: number;
  /** Figures of an open month are not asked for again before this many hours are over. */
  readonly refreshHours: number;
  /** Ask again for what is there. */
  readonly overwrite: boolean;
};

/** Azure restates a month for five days after its end (Microsoft Learn, "Understand cost management data"). */
const RESTATED_DAYS = 5;
const HOUR_MS = 3_600_000;

/**
 * What to ask for, newest month first. A month whose figures may still change is asked for again when the last ones are
 * old enough, also an older one that was not asked for since it was closed; one that was, only when it is to be overwritten.
 */
export function planExtractions(known: readonly EarlierAnswer[], options: ExtractionOptions, now: Date): Extraction[] {
  const today = now.toISOString().slice(0, 10) as Day;
  const present = monthOf(today);
  const oldest = addMonths(present, -options.monthsKept);
  const first =
    options.billingPeriod === undefined
      ? addMonths(present, -options.monthsBack)
      : monthOf(options.billingPeriod.first);
  const last = options.billingPeriod === undefined ? present : monthOf(options.billingPeriod.last);
  const isAsked = (month: Month) => month >= first || (options.billingPeriod === undefined && isUnfinished(month));
  // What was asked for last before its month was closed lacks what came later.
  const isUnfinished = (month: Month) =>
    options.datasets.some((dataset) => {
      const newest = newestOf(known, dataset, month);
      return newest !== undefined && isStale(month, newest, options.refreshHours, now);
    });
  const planned: Extraction[] = [];
  for (let month = last < present ? last : present; month >= oldest; month = addMonths(month, -1)) {
    if (!isAsked(month)) continue;
    const whole = daysOfMonth(month);
    const days = { first: whole.first, last: whole.last < today ? whole.last : today };
    for (const dataset of options.datasets) {
      const newest = newestOf(known, dataset, month);
      const isMissing = newest === undefined && month >= first;
      if ((options.overwrite && month >= first) || isMissing || isStale(month, newest, options.refreshHours, now)) {
        planned.push({ dataset, month, days });
      }
    }
  }
  return planned;
}

/** The metric that a dataset is asked for by. */
export function metricOf({ dataset }: Pick<Extraction, "dataset">): "actual" | "amortized" {
  return METRICS[dataset][0] ?? "actual";
}

function newestOf(known: readonly EarlierAnswer[], dataset: Dataset, month: Month): string | undefined {
  return known
    .filter((run) => run.dataset === dataset && run.month === month)
    .map(({ submittedAt }) => submittedAt)
    .toSorted()
    .at(-1);
}

function isStale(month: Month, submittedAt: string | undefined, refreshHours: number, now: Date): boolean {
  const closed = addDays(firstDayOf(addMonths(month, 1)), RESTATED_DAYS);
  if (submittedAt === undefined || submittedAt >= closed) return false;
  return Date.parse(submittedAt) + refreshHours * HOUR_MS <= now.getTime();
}
