import type { Warehouse } from "../../clickhouse/client.ts";
import { listRunCounts } from "../../clickhouse/reconcile-runs.ts";
import type { RunCounts } from "../../clickhouse/reconcile-runs.ts";
import { listSources } from "../../clickhouse/sources.ts";
import { listRejectTotals, listRunTotals } from "../../clickhouse/totals.ts";
import type { RejectTotal } from "../../clickhouse/totals.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import { firstDayOf } from "../domain/month.ts";
import type { DayRange } from "../domain/month.ts";
import { METRICS } from "../domain/run.ts";
import type { Metric } from "../domain/run.ts";
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

/** A run, its sums as text with all digits, and every difference in words: none when all is well. */
type Reconciled = RunCounts & {
  readonly sums: readonly { readonly metric: Metric; readonly currency: string; readonly total: string }[];
  /** Rows that were refused, by currency; the total is of those whose cost can be read. */
  readonly rejects: readonly RejectTotal[];
  readonly rowDifference: number;
  readonly differences: readonly string[];
};

type Line = { readonly run: Reconciled | null; readonly sum: Reconciled["sums"][number] | null };

const FIRST_DAY = "1970-01-01";
const LAST_DAY = "2149-06-05";

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
    const runs = await listReconciled(warehouse, options);
    if (runs.length === 0 && (options.runId !== undefined || options.sourceName.length > 0)) {
      await explainNothing(warehouse, options);
    }
    if (options.json) context.print(JSON.stringify({ runs }, null, 2));
    else printReconciled(context, runs);
    return runs.every((run) => run.differences.length === 0) ? EXIT.done : EXIT.failed;
  });

async function listReconciled(warehouse: Warehouse, options: ReconcileOptions): Promise<Reconciled[]> {
  const runs = await listRunCounts(warehouse, {
    sources: options.sourceName,
    run_id: options.runId ?? "",
    first_day: options.billingPeriod?.first ?? FIRST_DAY,
    last_day: options.billingPeriod?.last ?? LAST_DAY,
    replaced: options.all || options.runId !== undefined,
  });
  const reconciled: Reconciled[] = [];
  for (const run of runs) reconciled.push(await addSums(warehouse, run));
  return reconciled;
}

async function addSums(warehouse: Warehouse, run: RunCounts): Promise<Reconciled> {
  const totals = await listRunTotals(warehouse, { load_ids: run.loadIds, billing_month: firstDayOf(run.month) });
  const rejects = run.rowsRejected === 0 ? [] : await listRejectTotals(warehouse, { load_ids: run.loadIds });
  const disagreeing = totals.filter((total) => !total.rollups_agree).map((total) => total.billing_currency);
  const found = run.rowsLoaded + run.rowsRejected;
  const expected = run.declared.rows ?? run.recorded.rowsLoaded + run.recorded.rowsRejected;
  const differences = [
    ...differenceOf("rows in the manifest", run.declared.rows, "rows loaded and rejected", found),
    ...differenceOf("stored bytes", run.declared.bytes, "bytes read by the loads", run.bytes),
    ...differenceOf("rows counted when loaded", run.recorded.rowsLoaded, "rows held now", run.rowsLoaded),
    ...differenceOf("rows rejected when loaded", run.recorded.rowsRejected, "rejects held now", run.rowsRejected),
    ...differenceOf("rows copied from elder runs", run.copied.recorded, "copies held now", run.copied.found),
    ...disagreeing.map((currency) => `the rollups do not add up to the entries in ${currency}`),
  ];
  const sums = totals.flatMap((total) =>
    METRICS[run.dataset].map((metric) => ({ metric, currency: total.billing_currency, total: total[metric] })),
  );
  return { ...run, sums, rejects, rowDifference: expected - found, differences };
}

function differenceOf(what: string, expected: number | null, against: string, found: number): string[] {
  if (expected === null || expected === found) return [];
  return [`${formatCount(expected)} ${what}, ${formatCount(found)} ${against}`];
}

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
