import { listRejectTotals, listRunTotals } from "../clickhouse/totals.ts";
import type { RejectTotal, RunTotal } from "../clickhouse/totals.ts";
import { ReconciliationError } from "../src/domain/errors.ts";
import { countRows, requireEveryRow } from "../src/domain/load.ts";
import type { Load } from "../src/domain/load.ts";
import { firstDayOf } from "../src/domain/month.ts";
import type { Run } from "../src/domain/run.ts";
import type { ActivityDependencies } from "./activities.ts";

/** What a run adds up to, by currency. */
export type VerifiedRun = { readonly totals: readonly RunTotal[]; readonly rejects: readonly RejectTotal[] };

/**
 * Holds what was loaded against what was announced, and the rollups against the entries. Gives the run's totals and
 * those of its rejected rows; throws RejectedRowsError or ReconciliationError when anything differs.
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
    const totals = await listRunTotals(warehouse, { load_ids, billing_month: firstDayOf(run.month) });
    const wrong = totals.find((total) => !total.rollups_agree);
    if (wrong !== undefined) {
      throw new ReconciliationError(
        `${run.source}/${run.exportName}/${run.runId}: the rollups do not add up to the entries in ` +
          `${wrong.billing_currency}. Nothing was published. Import the run again.`,
      );
    }
    const rejects = countRows(loads).rejected === 0 ? [] : await listRejectTotals(warehouse, { load_ids });
    return { totals, rejects };
  };
}
