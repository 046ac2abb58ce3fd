import { recordEmptyExtraction } from "../clickhouse/empty-extractions.ts";
import { listForeignDays, listRejectTotals, listRunTotals } from "../clickhouse/totals.ts";
import type { RejectTotal, RunTotal } from "../clickhouse/totals.ts";
import { FileError, NoDataError, ReconciliationError } from "../src/domain/errors.ts";
import { requireEveryRow, rowsOf } from "../src/domain/load.ts";
import type { Load } from "../src/domain/load.ts";
import { isExtracted } from "../src/domain/extraction-export.ts";
import { firstDayOf } from "../src/domain/month.ts";
import type { Run } from "../src/domain/run.ts";
import type { ActivityDependencies } from "./activities.ts";

/** What a run adds up to, by currency. */
export type VerifiedRun = { readonly totals: readonly RunTotal[]; readonly rejects: readonly RejectTotal[] };

/**
 * Holds what was loaded against what was announced, and the rollups against the entries. Gives the run's totals and
 * those of its rejected rows; throws RejectedRowsError or ReconciliationError when anything differs, and for what an API was asked
 * for NoDataError when it is empty and FileError when it is of another month.
 */
export function createVerifyRun({ warehouse }: ActivityDependencies) {
  return async function verifyRun(input: {
    run: Run;
    loads: readonly Load[];
    rejectLimit: number;
  }): Promise<VerifiedRun> {
    const { run, loads } = input;
    requireEveryRow(run, loads, input.rejectLimit);
    const load_ids = loads.map((load) => load.loadId);
    const month = { load_ids, billing_month: firstDayOf(run.month) };
    if (isExtracted(run)) {
      if (isEmpty(loads)) {
        await recordEmptyExtraction(warehouse, run);
        throw noRows(run);
      }
      requireMonth(run, await listForeignDays(warehouse, month));
    }
    const totals = await listRunTotals(warehouse, month);
    const wrong = totals.find((total) => !total.rollups_agree);
    if (wrong !== undefined) {
      throw new ReconciliationError(
        `${run.source}/${run.exportName}/${run.runId}: the rollups do not add up to the entries in ` +
          `${wrong.billing_currency}. Nothing was published. Import the run again.`,
      );
    }
    const rejects = rowsOf(loads).rowsRejected === 0 ? [] : await listRejectTotals(warehouse, { load_ids });
    return { totals, rejects };
  };
}

/** An API that has nothing says so in several ways; an empty answer must not take the place of a month that was there. */
function isEmpty(loads: readonly Load[]): boolean {
  const { rowsLoaded, rowsRejected } = rowsOf(loads);
  return rowsLoaded + rowsRejected === 0;
}

function noRows(run: Run): NoDataError {
  return new NoDataError(
    `${run.source}/${run.exportName}: the answer for ${run.dataset} ${run.month} has no rows. Nothing was published.`,
  );
}

/** Rows of another month are in that month's own run as well, which they would stand beside and be counted twice. */
function requireMonth(run: Run, days: readonly { readonly day: string; readonly rows: number }[]): void {
  const [first] = days;
  if (first === undefined) return;
  const rows = days.reduce((sum, { rows: count }) => sum + count, 0);
  throw new FileError(
    `${run.source}/${run.exportName}: ${rows} of the rows for ${run.month} are of other months, from ${first.day} to ` +
      `${days.at(-1)?.day ?? first.day}. Nothing was published. Ask for the month that they are of.`,
  );
}
