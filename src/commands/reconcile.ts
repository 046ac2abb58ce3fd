import type { Warehouse } from "../../clickhouse/client.ts";
import { listReconciled } from "../../clickhouse/reconcile.ts";
import type { Reconciled } from "../../clickhouse/reconcile.ts";
import { listSources } from "../../clickhouse/sources.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import { ALL_DAYS } from "../domain/month.ts";
import type { DayRange } from "../domain/month.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { describeRejects } from "./describe-rejects.ts";
import { countOf, formatBytes, formatCount } from "./format.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** Which runs to reconcile. */
export type ReconcileOptions = {
  readonly sourceName: readonly string[];
  readonly billingPeriod?: DayRange;
  readonly runId?: string;
  readonly all: boolean;
  readonly json: boolean;
};

type Line = { readonly run: Reconciled | null; readonly sum: Reconciled["sums"][number] | null };

const COLUMNS: readonly Column<Line>[] = [
  { title: "source", value: ({ run }) => run?.source ?? "" },
  { title: "export", value: ({ run }) => run?.exportName ?? "" },
  { title: "dataset", value: ({ run }) => run?.dataset ?? "" },
  { title: "month", value: ({ run }) => run?.month ?? "" },
  { title: "run", value: ({ run }) => run?.runId ?? "" },
  { title: "stored", value: ({ run }) => (run === null ? "" : formatBytes(run.declared.bytes)), align: "right" },
  { title: "in manifest", value: ({ run }) => countOrUnknown(run), align: "right" },
  { title: "loaded", value: ({ run }) => (run === null ? "" : formatCount(run.rowsLoaded)), align: "right" },
  { title: "rejected", value: ({ run }) => (run === null ? "" : formatCount(run.rowsRejected)), align: "right" },
  { title: "difference", value: ({ run }) => (run === null ? "" : formatCount(run.rowDifference)), align: "right" },
  { title: "metric", value: ({ sum }) => sum?.metric ?? "" },
  { title: "currency", value: ({ sum }) => sum?.currency ?? "" },
  { title: "sum of cost", value: ({ sum }) => sum?.total ?? "" },
];

/** Holds every published run against its manifest, its loads' own counts, and the rollups against the entries. */
export const reconcile: Command<ReconcileOptions> = (context, options) =>
  readWarehouse(context, async (warehouse) => {
    const { billingPeriod = ALL_DAYS, runId, all } = options;
    const runs = await listReconciled(warehouse, {
      sources: options.sourceName,
      run_id: runId ?? "",
      first_day: billingPeriod.first,
      last_day: billingPeriod.last,
      replaced: all || runId !== undefined,
    });
    if (runs.length === 0 && (runId !== undefined || options.sourceName.length > 0)) {
      await explainNothing(warehouse, options);
    }
    if (options.json) context.print(JSON.stringify({ runs }, null, 2));
    else printReconciled(context, runs);
    return runs.every((run) => run.differences.length === 0) ? EXIT.done : EXIT.failed;
  });

async function explainNothing(warehouse: Warehouse, { sourceName, runId }: ReconcileOptions): Promise<void> {
  const known = (await listSources(warehouse, {})).map((source) => source.name);
  const unknown = sourceName.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new InvalidRequestError(`There is no source ${JSON.stringify(unknown)} and no run that it published.`);
  }
  if (runId !== undefined) {
    throw new InvalidRequestError(`No run ${runId} is published. \`billhouse publications\` lists those that are.`);
  }
}

function printReconciled({ print }: Context, runs: readonly Reconciled[]): void {
  if (runs.length === 0) return print("Nothing is published that could be reconciled.");
  const lines = runs.flatMap((run): Line[] => {
    const [first = null, ...others] = run.sums;
    return [{ run, sum: first }, ...others.map((sum) => ({ run: null, sum }))];
  });
  print(`${formatTable(COLUMNS, lines)}\n`);
  for (const run of runs) {
    const name = `${run.source}: ${run.exportName} ${run.dataset} ${run.month}, run ${run.runId}`;
    if (run.rowsCarried > 0) print(`${name}: ${countOf(run.rowsCarried, "row")} of earlier runs complete the month.`);
    if (run.rejects.length > 0) print(`${name}: ${describeRejects(run.rejects)}.`);
    for (const difference of run.differences) print(`${name}: ${difference}`);
  }
  const wrong = runs.filter((run) => run.differences.length > 0).length;
  print(
    wrong === 0
      ? `${countOf(runs.length, "run")} reconciled, every difference is 0.`
      : `${wrong} of ${countOf(runs.length, "run")} differ. Import them again with --overwrite --run-id.`,
  );
}

function countOrUnknown(run: Reconciled | null): string {
  if (run === null) return "";
  return run.declared.rows === null ? "unknown" : formatCount(run.declared.rows);
}
