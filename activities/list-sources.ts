import { listSources as list } from "../clickhouse/sources.ts";
import { isApiSource } from "../src/domain/source.ts";
import type { Source } from "../src/domain/source.ts";
import type { ActivityDependencies } from "./activities.ts";

/** The names of the sources that are enabled; where a run is wanted by its id, of those that may hold it. */
export function createListSources({ warehouse }: ActivityDependencies) {
  return async function listSources({ runId }: { runId?: string | undefined } = {}): Promise<string[]> {
    const sources = await list(warehouse, {});
    const isWanted = (source: Source) => source.enabled && (runId === undefined || !isApiSource(source));
    return sources.filter(isWanted).map(({ name }) => name);
  };
}
