import { createActivities } from "../../activities/activities.ts";
import type { Freed } from "../../activities/prune.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { openStore } from "../sources/open-store.ts";
import { countOf, formatBytes, formatCount } from "./format.ts";
import { requireSourceNames } from "./require-source-names.ts";
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

/** Drops the rows that no kept publication names, and says what that frees. */
export const prune: Command<PruneOptions> = (context, { sourceName, keep, dryRun, json }) =>
  changeWarehouse(context, async (warehouse) => {
    await requireSourceNames(warehouse, sourceName);
    const { env, signal } = context;
    const activities = createActivities({
      warehouse,
      openStore: (source) => openStore(source, env),
      signal,
      onProgress: () => undefined,
    });
    const freed = await activities.prune({ sources: sourceName, keep, dryRun });
    if (json) context.print(JSON.stringify({ dryRun, keep, freed }, null, 2));
    else printFreed(context, freed, dryRun);
    return EXIT.done;
  });

function printFreed({ print }: Context, freed: readonly Freed[], isDryRun: boolean): void {
  if (freed.length === 0) return print("There is nothing to prune.");
  print(`${formatTable(COLUMNS, freed)}\n`);
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
  print(
    isDryRun
      ? `${loads} with ${rows} would be dropped, ${stored} and their share of the rollups; nothing was changed (dry run).`
      : `${loads} with ${rows} dropped, ${stored} and their share of the rollups.`,
  );
}
