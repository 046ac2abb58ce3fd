import { createActivities } from "../../activities/activities.ts";
import type { Activities, ActivityDependencies } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { importSource } from "../../workflows/import-source.ts";
import type { ImportSourceInput, SourceReport } from "../../workflows/import-source.ts";
import { readConfig } from "../config.ts";
import type { Context } from "../context.ts";
import type { ImportEvent } from "../import-events.ts";
import { createPlaces } from "../imports/places.ts";
import { createProcessHost } from "../process-host.ts";
import { openExtractor, openStore } from "../sources/open-store.ts";
import { createProgress } from "./create-progress.ts";

/** What orchestration needs of this process. */
export type ProcessHost = {
  readonly activities: Activities;
  readonly importSource: (input: ImportSourceInput) => Promise<SourceReport>;
  readonly gate: () => Promise<void>;
};

/** How many sources are worked on at once; who waits for an API is not worked on. */
const CONCURRENT_SOURCES = 1;

type Started = ImportEvent & { event: "run started" };

/**
 * Lets orchestration work in this process and shows how it goes on stderr. Undefined when Ctrl-C has ended it; what is
 * not finished has been told then, and what is complete.
 */
export async function workInProcess<Result>(
  context: Context,
  warehouse: Warehouse,
  work: (host: ProcessHost) => Promise<Result>,
  complete: () => readonly string[],
  bind: (dependencies: ActivityDependencies) => Activities = createActivities,
): Promise<Result | undefined> {
  const { signal, env } = context;
  const progress = await createProgress(context);
  const unfinished = new Map<string, Started>();
  const places = createPlaces(CONCURRENT_SOURCES);
  const bound = bind({
    warehouse,
    openStore: (source) => openStore(source, env),
    openExtractor: (source) => openExtractor(source, env),
    signal,
    onProgress: (loaded) => progress.tell({ event: "part progress", ...loaded }),
    onTracking: (tracked) => progress.tell({ event: "tracking progress", ...tracked }),
    partLimitBytes: readConfig(env, context.cwd).partLimitBytes,
  });
  const tell = (event: ImportEvent) => {
    if (event.event === "run started") unfinished.set(event.runId, event);
    // What fails because of Ctrl-C did not fail: it was stopped.
    if (signal.aborted && event.event.endsWith(" failed")) return;
    if (event.event === "run imported" || event.event === "run failed") unfinished.delete(event.runId);
    progress.tell(event);
  };
  const host = createProcessHost({ activities: bound, signal, tell, aside: places.aside });
  try {
    const result = await work({
      activities: host.activities,
      gate: host.gate,
      async importSource(input) {
        try {
          return await places.inside(() => {
            signal.throwIfAborted(); // it may have waited for its turn
            return importSource(host, input);
          });
        } catch (error) {
          signal.throwIfAborted(); // whatever failed because of Ctrl-C did not fail: it was stopped
          throw error;
        }
      },
    });
    progress.stop();
    return result;
  } catch (error) {
    progress.stop();
    if (!signal.aborted) throw error;
    tellUnfinished(context, complete(), [...unfinished.values()]);
    return undefined;
  }
}

function tellUnfinished({ note }: Context, complete: readonly string[], unfinished: readonly Started[]): void {
  note("Stopped before the end.");
  for (const { source, exportName, dataset, month, runId } of unfinished) {
    note(
      `Not finished: ${source}: ${exportName} ${dataset} ${month}, run ${runId}. Nothing of this attempt is visible.`,
    );
  }
  if (complete.length > 0) note(`Complete: ${complete.join(", ")}.`);
  note("Runs that were imported before this stay visible, whole. Import again to go on.");
}
