import { listSources as list } from "../clickhouse/sources.ts";
import { isApiSource } from "../src/domain/source.ts";
import type { Source } from "../src/domain/source.ts";
import type { ActivityDependencies } from "./activities.ts";

/** The names of the sources that are enabled; where a run is wanted by its id, of those that may hold it. */
export function createListSources({ warehouse }: ActivityDependencies) {
  return async function listSources({ runId }: { runId?: string | undefined } = {}): Promise<string[]> {
    const sources = await list(warehouse, {});
    const isWanted = (source: Source) => source.enabled && (runId === undefined || !isApiSource(source));
    // An API may let us wait for hours: whoever does not need that comes first.
    const wanted = sources.filter(isWanted).toSorted((a, b) => Number(isApiSource(a)) - Number(isApiSource(b)));
    return wanted.map(({ name }) => name);
  };
}
