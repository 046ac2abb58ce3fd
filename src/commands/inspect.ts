import type { Warehouse } from "../../clickhouse/client.ts";
import { listKnownRuns } from "../../clickhouse/known-runs.ts";
import { listSources } from "../../clickhouse/sources.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { formatMoment } from "../domain/moment.ts";
import type { DayRange } from "../domain/month.ts";
import { planImport } from "../domain/plan.ts";
import type { PlannedRun } from "../domain/plan.ts";
import type { Run } from "../domain/run.ts";
import { placeOf } from "../domain/source-place.ts";
import type { StoredSource } from "../domain/source.ts";
import { readWarehouse } from "../open-warehouse.ts";
import { discoverRuns } from "../sources/discover.ts";
import type { Discovery } from "../sources/discover.ts";
import { openStore } from "../sources/open-store.ts";
import { countOf, formatBytes, formatCount } from "./format.ts";
import { isStored, requireSources, requireStored } from "./require-sources.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** What to look at. */
export type InspectOptions = {
  readonly sourceName: readonly string[];
  readonly billingPeriod?: DayRange;
  readonly json: boolean;
};

type RunState = "imported" | "pending" | "superseded" | "withdrawn";
type InspectedRun = { readonly run: Run; readonly state: RunState };
type Inspected = { readonly source: StoredSource } & (
  | { readonly error: null; readonly runs: readonly InspectedRun[]; readonly found: Omit<Discovery, "runs"> }
  | { readonly error: string }
);

const COLUMNS: readonly Column<InspectedRun>[] = [
  { title: "export", value: ({ run }) => run.exportName },
  { title: "dataset", value: ({ run }) => run.dataset },
  { title: "first day", value: ({ run }) => run.days.first },
  { title: "last day", value: ({ run }) => run.days.last },
  { title: "submitted (UTC)", value: ({ run }) => formatMoment(run.submittedAt) },
  { title: "run", value: ({ run }) => run.runId },
  { title: "parts", value: ({ run }) => run.parts.length, align: "right" },
  { title: "rows", value: ({ run }) => rowsOf(run), align: "right" },
  { title: "stored", value: ({ run }) => formatBytes(bytesOf(run)), align: "right" },
  { title: "state", value: ({ state }) => state },
];

/** Lists what sources hold and what an import would do about it. Reads manifests, opens no data file. */
export const inspect: Command<InspectOptions> = (context, options) =>
  readWarehouse(context, async (warehouse) => {
    const sources = requireSources(await listSources(warehouse, {}), options.sourceName);
    const inspected: Inspected[] = [];
    // Without names the others are passed over: there is nothing wrong with them.
    for (const source of options.sourceName.length > 0 ? sources.map(requireStored) : sources.filter(isStored)) {
      inspected.push(await inspectSource(context, warehouse, source, options));
    }
    if (options.json) context.print(JSON.stringify({ sources: inspected.map(toJson) }, null, 2));
    else for (const one of inspected) printSource(context, one);
    return inspected.every((one) => one.error === null) ? EXIT.done : EXIT.failed;
  });

async function inspectSource(
  { env, signal }: Context,
  warehouse: Warehouse,
  source: StoredSource,
  { billingPeriod }: InspectOptions,
): Promise<Inspected> {
  try {
    const { runs, ...found } = await discoverRuns(source, openStore(source, env), { billingPeriod, signal });
    const known = await listKnownRuns(warehouse, { source: source.name, export: "", dataset: "", month: "" });
    const planned = planImport(runs, known, { overwrite: false });
    return { source, error: null, found, runs: planned.map((plan) => ({ run: plan.run, state: stateOf(plan) })) };
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    return { source, error: error.message };
  }
}

function stateOf(planned: PlannedRun): RunState {
  if (planned.action === "import") return "pending";
  if (planned.reason === "already imported") return "imported";
  return planned.reason === "withdrawn" ? "withdrawn" : "superseded";
}

function printSource({ print }: Context, inspected: Inspected): void {
  print(`${inspected.source.name}: ${placeOf(inspected.source)}`);
  if (inspected.error !== null) return print(`  ${inspected.error}\n`);
  const { runs, found } = inspected;
  if (runs.length > 0) print(`\n${formatTable(COLUMNS, runs)}\n`.replace(/^(?=.)/gm, "  "));
  for (const { message } of found.problems) print(`  cannot be imported: ${message}`);
  for (const { message } of found.skipped) print(`  passed over: ${message}`);
  for (const warning of found.warnings) print(`  note: ${warning}`);
  if (found.leftoverCount > 0) {
    print(
      `  passed over: ${countOf(found.leftoverCount, "data file")} that no manifest names: leftovers of earlier runs`,
    );
  }
  const counts = (["pending", "imported", "superseded", "withdrawn"] as const)
    .map((state) => ({ state, count: runs.filter((run) => run.state === state).length }))
    .filter(({ state, count }) => state !== "withdrawn" || count > 0)
    .map(({ state, count }) => `${count} ${state}`);
  print(`  ${countOf(runs.length, "run")}: ${counts.join(", ")}; ${countOf(found.problems.length, "problem")}.\n`);
}

function toJson(inspected: Inspected): object {
  const { name } = inspected.source;
  if (inspected.error !== null) return { source: name, place: placeOf(inspected.source), error: inspected.error };
  const runs = inspected.runs.map(({ run, state }) => ({ ...run, byteCount: bytesOf(run), state }));
  return { source: name, place: placeOf(inspected.source), error: null, runs, ...inspected.found };
}

function rowsOf(run: Run): string {
  return run.declaredRowCount === null ? "unknown" : formatCount(run.declaredRowCount);
}

function bytesOf(run: Run): number {
  return run.parts.reduce((sum, part) => sum + part.byteCount, 0);
}
