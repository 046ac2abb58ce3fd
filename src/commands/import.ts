import { createActivities } from "../../activities/activities.ts";
import type { Activities } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listSources } from "../../clickhouse/sources.ts";
import { importSource } from "../../workflows/import-source.ts";
import type { RunOutcome, SourceReport } from "../../workflows/import-source.ts";
import { readConfig } from "../config.ts";
import { EXIT } from "../context.ts";
import type { Command, Context, ExitCode } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import type { DayRange } from "../domain/month.ts";
import { watchActivities } from "../import-events.ts";
import type { ImportEvent } from "../import-events.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { drawProgress, logProgress } from "../progress.ts";
import type { Progress } from "../progress.ts";
import { openStore } from "../sources/open-store.ts";
import { printImport } from "./import-summary.ts";
import { requireSources } from "./require-sources.ts";

/** What to import. */
export type ImportOptions = {
  readonly sourceName: readonly string[];
  readonly billingPeriod?: DayRange;
  readonly runId?: string;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
};

/** What came of one source; its error when it could not even be listed. */
export type SourceResult =
  | (SourceReport & { readonly error: null })
  | {
      readonly source: string;
      readonly error: string;
      readonly runs: [];
      readonly problems: [];
      readonly warnings: [];
    };

/** Imports one source after the other, in this process. What fails is reported and stops nothing else. */
export const importSources: Command<ImportOptions> = (context, options) =>
  changeWarehouse(context, async (warehouse) => {
    const sources = requireSources(await listSources(warehouse, {}), options.sourceName);
    const progress = await createProgress(context);
    const unfinished = new Map<string, ImportEvent & { event: "run started" }>();
    const activities = watch(context, warehouse, progress, unfinished);
    const begin = performance.now();
    const results: SourceResult[] = [];
    try {
      for (const { name } of sources) {
        results.push(await importOne(activities, { ...options, source: name }, context.signal));
      }
    } catch (error) {
      progress.stop();
      if (!context.signal.aborted) throw error;
      return tellUnfinished(context, results, [...unfinished.values()]);
    }
    progress.stop();
    requireRun(results, options.runId);
    if (options.json) context.print(JSON.stringify({ sources: results }, null, 2));
    else printImport(context, results, performance.now() - begin);
    return results.every(isGood) ? EXIT.done : EXIT.failed;
  });

async function createProgress({ stderr, env, cwd }: Context): Promise<Progress> {
  if (stderr.isTTY === true) return drawProgress(stderr);
  const { createLog } = await import("../log.ts");
  return logProgress(createLog(stderr, readConfig(env, cwd).logLevel));
}

function watch(
  { env, signal }: Context,
  warehouse: Warehouse,
  progress: Progress,
  unfinished: Map<string, ImportEvent & { event: "run started" }>,
): Activities {
  const activities = createActivities({
    warehouse,
    openStore: (source) => openStore(source, env),
    signal,
    onProgress: (loaded) => progress.tell({ event: "part progress", ...loaded }),
  });
  return watchActivities(activities, (event) => {
    if (event.event === "run started") unfinished.set(event.runId, event);
    // What fails because of Ctrl-C did not fail: it was stopped.
    if (signal.aborted && (event.event === "run failed" || event.event === "part failed")) return;
    if (event.event === "run imported" || event.event === "run failed") unfinished.delete(event.runId);
    progress.tell(event);
  });
}

async function importOne(
  activities: Activities,
  input: Parameters<typeof importSource>[1],
  signal: AbortSignal,
): Promise<SourceResult> {
  try {
    return { ...(await importSource(activities, input)), error: null };
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    return { source: input.source, error: error.message, runs: [], problems: [], warnings: [] };
  }
}

function tellUnfinished(
  { note }: Context,
  results: readonly SourceResult[],
  unfinished: readonly (ImportEvent & { event: "run started" })[],
): ExitCode {
  note("Stopped before the end.");
  for (const { source, exportName, dataset, month, runId } of unfinished) {
    note(
      `Not finished: ${source}: ${exportName} ${dataset} ${month}, run ${runId}. Nothing of this attempt is visible.`,
    );
  }
  if (results.length > 0) note(`Complete: ${results.map((result) => result.source).join(", ")}.`);
  note("Runs that were imported before this stay visible, whole. Import again to go on.");
  return EXIT.failed;
}

function requireRun(results: readonly SourceResult[], runId: string | undefined): void {
  const isAnother = (run: RunOutcome) => run.outcome === "skipped" && run.reason === "another run id";
  if (runId === undefined || !results.every((result) => result.error === null && result.runs.every(isAnother))) return;
  const places = results.map((result) => result.source).join(", ");
  throw new InvalidRequestError(
    `${places}: no run ${runId} that can be imported. \`billhouse inspect\` lists the runs there are.`,
  );
}

function isGood({ error, runs, problems }: SourceResult): boolean {
  return error === null && problems.length === 0 && !runs.some((run) => run.outcome === "failed");
}
