import { addMonths, daysOfMonth } from "../src/domain/month.ts";
import type { Month } from "../src/domain/month.ts";
import { describeFailure } from "./import-source.ts";
import type { ImportSourceInput, SourceReport } from "./import-source.ts";

/** Which months of a source to import, both ends included. */
export type BackfillInput = {
  readonly source: string;
  readonly from: Month;
  readonly to: Month;
  /** Import again what is published. */
  readonly overwrite?: boolean;
  /** The months that are through already, of a backfill that goes on. */
  readonly done?: readonly MonthResult[];
  /** Whether it begins paused, of a backfill that goes on. */
  readonly isPaused?: boolean;
};

/** What came of one month. */
export type MonthResult = {
  readonly month: Month;
  readonly imported: number;
  readonly skipped: number;
  readonly failed: number;
  /** Every error and unreadable delivery, shortened; null where there was none. */
  readonly error: string | null;
  /** What else is to be known, shortened in the same way; not there where there is nothing. */
  readonly warning?: string;
};

/** What came of a backfill, newest month first. */
export type BackfillReport = { readonly source: string; readonly months: readonly MonthResult[] };

/** What a backfill needs of whoever hosts it. */
export type BackfillHost = {
  readonly importMonth: (month: Month, input: ImportSourceInput) => Promise<SourceReport>;
  readonly gate: () => Promise<void>;
  /** Goes on with the rest in another execution; never comes back. */
  readonly goOn?: (rest: BackfillInput) => Promise<never>;
  /** Hears of each month's end. */
  readonly onMonth?: (result: MonthResult) => void;
};

/** After so many months a backfill goes on in a new execution, so that no history grows without end. */
const MONTHS_PER_EXECUTION = 12;
const ERROR_LENGTH = 500;

/**
 * Imports months of a source one after another, newest first: the figures people look at come first. A month that fails
 * is reported and does not stop the others. Throws when the work is to stop.
 */
export async function backfill(host: BackfillHost, input: BackfillInput): Promise<BackfillReport> {
  const { source, from, overwrite = false } = input;
  const months: MonthResult[] = [...(input.done ?? [])];
  for (let month = input.to, count = 0; month >= from; month = addMonths(month, -1), count++) {
    if (host.goOn !== undefined && count === MONTHS_PER_EXECUTION) {
      return host.goOn({ source, from, to: month, overwrite, done: months });
    }
    await host.gate();
    const result = await importMonth(host, month, { source, billingPeriod: daysOfMonth(month), overwrite });
    months.push(result);
    host.onMonth?.(result);
  }
  return { source, months };
}

async function importMonth(host: BackfillHost, month: Month, input: ImportSourceInput): Promise<MonthResult> {
  try {
    const { runs, moreSkipped, problems, warnings } = await host.importMonth(month, input);
    const count = (outcome: string) => runs.filter((run) => run.outcome === outcome).length;
    const errors = [
      ...runs.flatMap((run) => (run.outcome === "failed" ? [describeFailure(run)] : [])),
      ...problems.map(({ message }) => message),
    ];
    return {
      month,
      imported: count("imported"),
      skipped: moreSkipped.reduce((sum, more) => sum + more.count, count("skipped")),
      failed: count("failed"),
      error: errors.length === 0 ? null : shorten(errors.join("\n")),
      ...(warnings.length === 0 ? {} : { warning: shorten(warnings.join("\n")) }),
    };
  } catch (error) {
    if (!(error instanceof Error) || error.name === "AbortError") throw error;
    return { month, imported: 0, skipped: 0, failed: 0, error: shorten(error.message) };
  }
}

function shorten(text: string): string {
  return text.length <= ERROR_LENGTH ? text : `${text.slice(0, ERROR_LENGTH - 1)}…`;
}
