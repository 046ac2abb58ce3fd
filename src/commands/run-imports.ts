import type { Activities, ActivityDependencies } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { importAll } from "../../workflows/import-all.ts";
import type { ImportAllInput, SourceResult } from "../../workflows/import-all.ts";
import type { Context } from "../context.ts";
import { workInProcess } from "./work-in-process.ts";

/**
 * Imports one source after the other, in this process, and shows how it goes on stderr; while one waits for an API the
 * next one is begun. What fails is reported and stops nothing else. Undefined when Ctrl-C has ended it; what is not
 * finished has been told then.
 */
export async function runImports(
  context: Context,
  warehouse: Warehouse,
  input: ImportAllInput,
  bind?: (dependencies: ActivityDependencies) => Activities,
): Promise<readonly SourceResult[] | undefined> {
  const results: SourceResult[] = [];
  const report = await workInProcess(
    context,
    warehouse,
    ({ activities, importSource, gate }) =>
      importAll(
        {
          listSources: activities.listSources,
          importSource,
          gate,
          concurrency: Infinity, // each has its turn, and gives it to the next one while it waits for an API
          onResult: (result) => results.push(result),
        },
        input,
      ),
    () => results.map(({ source }) => source),
    bind,
  );
  return report?.sources;
}

/** Whether nothing failed and nothing was unreadable. */
export function isGood({ error, runs, problems }: SourceResult): boolean {
  return error === null && problems.length === 0 && !runs.some((run) => run.outcome === "failed");
}
