import { ReconciliationError } from "../domain/errors.ts";
import type { Metric } from "../domain/run.ts";
import { formatSum, toSumUnits } from "./decimal.ts";
import type { ReconciledRun } from "./demo-commands.ts";
import type { ControlSum, WrittenExport } from "./write-export.ts";

/** One sum of a run, as the generator added it up and as the warehouse did, with all digits. */
export type ComparedSum = {
  readonly exportName: string;
  readonly metric: Metric;
  readonly currency: string;
  readonly ofFiles: string;
  readonly ofWarehouse: string;
  readonly difference: string;
};

/** Holds the sums of published runs against those of the text that was written into their files. */
export function compareSums(written: readonly WrittenExport[], runs: readonly ReconciledRun[]): ComparedSum[] {
  return runs.flatMap((run) => {
    const files = written.find(({ runId }) => runId === run.runId);
    const sums = files?.sums ?? [];
    if (sums.length === 0 || sums.length !== run.sums.length) {
      throw new ReconciliationError(
        `${run.exportName}: ${run.sums.length} sums in the warehouse, ${sums.length} in the files`,
      );
    }
    return run.sums.map(({ metric, currency, total }): ComparedSum => {
      const sum = sums.find((one) => one.currency === currency && metricOf(run, one) === metric)?.sum;
      if (sum === undefined) {
        throw new ReconciliationError(`${run.exportName}: the files hold no ${metric} ${currency}`);
      }
      const difference = formatSum(toSumUnits(total) - sum);
      return { exportName: run.exportName, metric, currency, ofFiles: formatSum(sum), ofWarehouse: total, difference };
    });
  });
}

function metricOf({ dataset }: ReconciledRun, { column }: ControlSum): Metric {
  return dataset === "amortized" || column === "EffectiveCost" ? "amortized" : "actual";
}
