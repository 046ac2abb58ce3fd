import { createActivities } from "../../activities/activities.ts";
import type { Activities, ActivityDependencies } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { importSource } from "../../workflows/import-source.ts";
import type { ImportSourceInput, SourceReport } from "../../workflows/import-source.ts";
import { readConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { watchActivities } from "../import-events.ts";
import type { ImportEvent } from "../import-events.ts";
import { drawProgress, logProgress } from "../progress.ts";
import type { Progress } from "../progress.ts";
import { openStore } from "../sources/open-store.ts";

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

type Started = ImportEvent & { event: "run started" };

/**
 * Imports one source after the other, in this process, and shows how it goes on stderr. What fails is reported and stops
 * nothing else. Undefined when Ctrl-C has ended it; what is not finished has been told then.
 */
export async function runImports(
  context: Context,
  warehouse: Warehouse,
  inputs: readonly ImportSourceInput[],
  bind: (dependencies: ActivityDependencies) => Activities = createActivities,
): Promise<readonly SourceResult[] | undefined> {
  const { signal, env } = context;
  const progress = await createProgress(context);
  const unfinished = new Map<string, Started>();
  const bound = bind({
    warehouse,
    openStore: (source) => openStore(source, env),
    signal,
    onProgress: (loaded) => progress.tell({ event: "part progress", ...loaded }),
    partLimitBytes: readConfig(env, context.cwd).partLimitBytes,
  });
  const activities = watchActivities(bound, (event) => {
    if (event.event === "run started") unfinished.set(event.runId, event);
    // What fails because of Ctrl-C did not fail: it was stopped.
    if (signal.aborted && (event.event === "run failed" || event.event === "part failed")) return;
    if (event.event === "run imported" || event.event === "run failed") unfinished.delete(event.runId);
    progress.tell(event);
  });
  const results: SourceResult[] = [];
  try {
    for (const input of inputs) results.push(await importOne(activities, input, signal));
  } catch (error) {
    progress.stop();
    if (!signal.aborted) throw error;
    tellUnfinished(context, results, [...unfinished.values()]);
    return undefined;
  }
  progress.stop();
  return results;
}

/** Whether nothing failed and nothing was unreadable. */
export function isGood({ error, runs, problems }: SourceResult): boolean {
  return error === null && problems.length === 0 && !runs.some((run) => run.outcome === "failed");
}

async function createProgress({ stderr, env, cwd }: Context): Promise<Progress> {
  if (stderr.isTTY === true) return drawProgress(stderr);
  const { createLog } = await import("../log.ts");
  return logProgress(createLog(stderr, readConfig(env, cwd).logLevel));
}

async function importOne(activities: Activities, input: ImportSourceInput, signal: AbortSignal): Promise<SourceResult> {
  try {
    return { ...(await importSource(activities, input)), error: null };
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    return { source: input.source, error: error.message, runs: [], problems: [], warnings: [] };
  }
}

function tellUnfinished({ note }: Context, results: readonly SourceResult[], unfinished: readonly Started[]): void {
  note("Stopped before the end.");
  for (const { source, exportName, dataset, month, runId } of unfinished) {
    note(
      `Not finished: ${source}: ${exportName} ${dataset} ${month}, run ${runId}. Nothing of this attempt is visible.`,
    );
  }
  if (results.length > 0) note(`Complete: ${results.map((result) => result.source).join(", ")}.`);
  note("Runs that were imported before this stay visible, whole. Import again to go on.");
}
