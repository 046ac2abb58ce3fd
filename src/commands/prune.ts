import { createActivities } from "../../activities/activities.ts";
import type { Freed, PruneInput, PruneReport } from "../../activities/prune.ts";
import type { FreedEvaluations } from "../../clickhouse/tracking-retention.ts";
import { EXIT } from "../context.ts";
import type { Command, Context, ExitCode } from "../context.ts";
import { PRUNE_ID } from "../domain/workflow-names.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { openExtractor, openStore } from "../sources/open-store.ts";
import { isTemporalSet } from "../temporal/connect-options.ts";
import { countOf, formatBytes, formatCount } from "./format.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** What may go. */
export type PruneOptions = {
  readonly sourceName: readonly string[];
  readonly keep: number;
  readonly dryRun: boolean;
  readonly json: boolean;
};

const COLUMNS: readonly Column<Freed>[] = [
  { title: "source", value: ({ source }) => source },
  { title: "month", value: ({ month }) => month },
  { title: "publications", value: ({ publications }) => formatCount(publications), align: "right" },
  { title: "loads", value: ({ loads }) => formatCount(loads), align: "right" },
  { title: "rows", value: ({ rows }) => formatCount(rows), align: "right" },
  { title: "rejected", value: ({ rejectedRows }) => formatCount(rejectedRows), align: "right" },
  { title: "stored", value: ({ bytes }) => formatBytes(bytes), align: "right" },
];

/** Drops the rows that no kept publication names, and says what that frees: in Temporal where there is one, or here. */
export const prune: Command<PruneOptions> = (context, options) =>
  isTemporalSet(context.env) ? pruneInTemporal(context, options) : pruneHere(context, options);

function pruneHere(context: Context, options: PruneOptions): Promise<ExitCode> {
  return changeWarehouse(context, async (warehouse) => {
    const { env, signal } = context;
    const activities = createActivities({
      warehouse,
      openStore: (source) => openStore(source, env),
      openExtractor: (source) => openExtractor(source, env),
      signal,
      onProgress: () => undefined,
    });
    return tellFreed(context, options, await activities.prune(toInput(options)));
  });
}

async function pruneInTemporal(context: Context, options: PruneOptions): Promise<ExitCode> {
  const { withTemporal } = await import("../temporal/connect.ts");
  const { runWorkflow } = await import("./run-workflow.ts");
  const { resultOf } = await import("./workflow-results.ts");
  return withTemporal(context.env, async (temporal) => {
    const input = toInput(options);
    const end = await runWorkflow(context, temporal, { workflowId: PRUNE_ID, type: "prune", input });
    return end === undefined ? EXIT.failed : tellFreed(context, options, resultOf.prune(end));
  });
}

function toInput({ sourceName: sources, keep, dryRun }: PruneOptions): PruneInput {
  return { sources, keep, dryRun, evaluations: sources.length === 0 };
}

/** Says what a prune has freed, on stdout. */
export function tellFreed(
  context: Context,
  { keep, dryRun, json }: Omit<PruneOptions, "sourceName">,
  { freed, evaluations }: PruneReport,
): ExitCode {
  if (json) context.print(JSON.stringify({ dryRun, keep, freed, evaluations }, null, 2));
  else printFreed(context, freed, evaluations, dryRun);
  return EXIT.done;
}

function printFreed(
  { print }: Context,
  freed: readonly Freed[],
  evaluations: FreedEvaluations | null,
  isDryRun: boolean,
): void {
  const tracking = describeEvaluations(evaluations);
  if (freed.length === 0 && tracking === undefined) return print("There is nothing to prune.");
  if (freed.length > 0) print(`${formatTable(COLUMNS, freed)}\n`);
  const does = isDryRun ? "would be dropped" : "dropped";
  const sum = (amountOf: (one: Freed) => number) => freed.reduce((total, one) => total + amountOf(one), 0);
  const loads = countOf(
    sum((one) => one.loads),
    "load",
  );
  const rows = countOf(
    sum((one) => one.rows + one.rejectedRows),
    "row",
  );
  const stored = formatBytes(sum((one) => one.bytes));
  if (freed.length > 0) print(`${loads} with ${rows} ${does}, ${stored} and their share of the rollups.`);
  if (tracking !== undefined) print(`${tracking.what} ${does}, ${tracking.stored}.`);
  if (isDryRun) print("Nothing was changed (dry run).");
}

/** What of resource tracking goes; undefined where nothing does. */
function describeEvaluations(freed: FreedEvaluations | null): { what: string; stored: string } | undefined {
  if (freed === null || freed.evaluations + freed.works === 0) return undefined;
  const what = [
    ...(freed.evaluations === 0 ? [] : [countOf(freed.evaluations, "old evaluation") + " of rules"]),
    ...(freed.works === 0 ? [] : ["leavings of " + countOf(freed.works, "evaluation") + " that died"]),
  ];
  return { what: `${what.join(" and ")} with ${countOf(freed.rows, "row")}`, stored: formatBytes(freed.bytes) };
}
