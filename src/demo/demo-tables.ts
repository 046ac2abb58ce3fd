import { formatBytes, formatCount } from "../commands/format.ts";
import { formatTable } from "../commands/table.ts";
import type { ComparedSum } from "./control-sums.ts";
import type { InspectedRun, LoadedRun, ReconciledRun, SummaryLine } from "./demo-commands.ts";
import { alignPoints } from "./story.ts";

const TOP = 3;

/** What `inspect` found. */
export function tableOfInspected(runs: readonly InspectedRun[]): string {
  return formatTable(
    [
      { title: "export", value: (run) => run.exportName },
      { title: "dataset", value: (run) => run.dataset },
      { title: "days", value: ({ days }) => `${days.first} to ${days.last}` },
      { title: "parts", value: ({ parts }) => parts.length, align: "right" },
      { title: "rows", value: (run) => formatCount(run.declaredRowCount), align: "right" },
      { title: "stored", value: (run) => formatBytes(run.byteCount), align: "right" },
      { title: "state", value: ({ state }) => state },
    ],
    runs,
  );
}

/** What `import` loaded. */
export function tableOfLoaded(runs: readonly LoadedRun[]): string {
  return formatTable(
    [
      { title: "export", value: (run) => run.exportName },
      { title: "run", value: ({ runId }) => runId },
      { title: "rows", value: ({ report }) => formatCount(report.rowsLoaded), align: "right" },
    ],
    runs,
  );
}

/** The most expensive subscriptions of each currency, and its total. */
export function tableOfSummary(lines: readonly SummaryLine[]): string {
  const currencies = [...new Set(lines.map(({ currency }) => currency))];
  const shown = currencies.flatMap((currency) => shorten(lines.filter((line) => line.currency === currency)));
  const actual = alignPoints(shown.map((line) => line.actual_cost));
  const amortized = alignPoints(shown.map((line) => line.amortized_cost));
  return formatTable(
    [
      { title: "currency", value: ({ line }) => line.currency },
      { title: "actual cost", value: ({ index }) => actual[index] ?? "" },
      { title: "amortized cost", value: ({ index }) => amortized[index] ?? "" },
      { title: "subscription", value: ({ line }) => line.subscription },
    ],
    shown.map((line, index) => ({ line, index })),
  );
}

function shorten(lines: readonly SummaryLine[]): readonly SummaryLine[] {
  const subscriptions = lines.filter((line) => !line.is_total);
  const hidden = subscriptions.length - TOP;
  const totals = lines.filter((line) => line.is_total && subscriptions.length > 1);
  return [
    ...subscriptions.slice(0, TOP),
    ...totals.map((line) => ({ ...line, subscription: hidden > 0 ? `total, with ${hidden} more` : "total" })),
  ];
}

/** What `reconcile` counted. */
export function tableOfReconciled(runs: readonly ReconciledRun[]): string {
  return formatTable(
    [
      { title: "export", value: (run) => run.exportName },
      { title: "in manifest", value: ({ declared }) => formatCount(declared.rows), align: "right" },
      { title: "loaded", value: (run) => formatCount(run.rowsLoaded), align: "right" },
      { title: "rejected", value: (run) => formatCount(run.rowsRejected), align: "right" },
      { title: "difference", value: (run) => formatCount(run.rowDifference), align: "right" },
    ],
    runs,
  );
}

/** The sums of the files beside those of the warehouse. */
export function tableOfSums(sums: readonly ComparedSum[]): string {
  const ofFiles = alignPoints(sums.map((sum) => sum.ofFiles));
  const ofWarehouse = alignPoints(sums.map((sum) => sum.ofWarehouse));
  return formatTable(
    [
      { title: "export", value: ({ sum }) => sum.exportName },
      { title: "cost", value: ({ sum }) => `${sum.metric} ${sum.currency}` },
      { title: "sum of the files' text", value: ({ index }) => ofFiles[index] ?? "" },
      { title: " ", value: ({ sum }) => (sum.difference === "0" ? "=" : "≠") },
      { title: "sum in the warehouse", value: ({ index }) => ofWarehouse[index] ?? "" },
      { title: "difference", value: ({ sum }) => sum.difference, align: "right" },
    ],
    sums.map((sum, index) => ({ sum, index })),
  );
}
