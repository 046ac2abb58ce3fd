import { readFileSync } from "node:fs";
import { z } from "zod";
import { importSources } from "../commands/import.ts";
import { inspect } from "../commands/inspect.ts";
import { reconcile } from "../commands/reconcile.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { readWarehouse } from "../open-warehouse.ts";

const Days = z.object({ first: z.string(), last: z.string() });
const Name = { exportName: z.string(), dataset: z.string(), runId: z.string() };

const InspectedRun = z.object({
  ...Name,
  days: Days,
  parts: z.array(z.unknown()),
  declaredRowCount: z.number(),
  byteCount: z.number(),
  state: z.string(),
});

const LoadedRun = z.object({ ...Name, outcome: z.literal("imported"), report: z.object({ rowsLoaded: z.number() }) });
const SkippedRun = z.object({ ...Name, outcome: z.literal("skipped"), reason: z.string() });
const ImportedRun = z.discriminatedUnion("outcome", [LoadedRun, SkippedRun]);

const ReconciledRun = z.object({
  ...Name,
  declared: z.object({ rows: z.number() }),
  rowsLoaded: z.number(),
  rowsRejected: z.number(),
  rowDifference: z.number(),
  sums: z.array(z.object({ metric: z.enum(["actual", "amortized"]), currency: z.string(), total: z.string() })),
});

const SummaryLine = z.object({
  currency: z.string(),
  subscription: z.string(),
  actual_cost: z.string().nullable(),
  amortized_cost: z.string().nullable(),
  is_total: z.number().transform(Boolean),
});

/** A run as `inspect` lists it. */
export type InspectedRun = z.infer<typeof InspectedRun>;

/** A run that `import` loaded. */
export type LoadedRun = z.infer<typeof LoadedRun>;

/** What `import` did with the runs that are there. */
export type ImportedRuns = {
  readonly loaded: readonly LoadedRun[];
  readonly skipped: readonly z.infer<typeof SkippedRun>[];
};

/** A run as `reconcile` counts it. */
export type ReconciledRun = z.infer<typeof ReconciledRun>;

/** The costs of a subscription, or of all subscriptions of a currency; null where nothing says them. */
export type SummaryLine = z.infer<typeof SummaryLine>;

/** `billhouse inspect`: the runs that are there. */
export async function inspectRuns(context: Context): Promise<readonly InspectedRun[]> {
  const Result = z.object({ sources: z.array(z.object({ runs: z.array(InspectedRun) })) });
  const answer = Result.parse(await ask(context, "inspect", inspect, { sourceName: [], json: true }));
  return answer.sources.flatMap(({ runs }) => runs);
}

/** `billhouse import`, with or without `--overwrite`. */
export async function importRuns(context: Context, { overwrite }: { overwrite: boolean }): Promise<ImportedRuns> {
  const Result = z.object({ sources: z.array(z.object({ runs: z.array(ImportedRun) })) });
  const options = { sourceName: [], overwrite, dryRun: false, json: true };
  const answer = Result.parse(await ask(context, "import", importSources, options));
  const runs = answer.sources.flatMap((source) => source.runs);
  return {
    loaded: runs.filter((run) => run.outcome === "imported"),
    skipped: runs.filter((run) => run.outcome === "skipped"),
  };
}

/** `billhouse reconcile`: every published run. */
export async function reconcileRuns(context: Context): Promise<readonly ReconciledRun[]> {
  const Result = z.object({ runs: z.array(ReconciledRun) });
  return Result.parse(await ask(context, "reconcile", reconcile, { sourceName: [], all: false, json: true })).runs;
}

/** `billhouse query - < src/demo/summary.sql`. */
export async function listSummary(context: Context): Promise<readonly SummaryLine[]> {
  const sql = readFileSync(new URL("summary.sql", import.meta.url), "utf8");
  return readWarehouse(context, async (warehouse) => z.array(SummaryLine).parse(await warehouse.rows(sql)));
}

/** The JSON that a command prints. Throws with what it printed when it did not succeed. */
async function ask<Options>(
  context: Context,
  name: string,
  command: Command<Options>,
  options: Options,
): Promise<unknown> {
  let printed = "";
  const code = await command({ ...context, print: (text) => void (printed += `${text}\n`) }, options);
  context.signal.throwIfAborted();
  if (code !== EXIT.done) throw new Error(`billhouse ${name} ended with exit code ${code} and said: ${printed}`);
  return JSON.parse(printed);
}
