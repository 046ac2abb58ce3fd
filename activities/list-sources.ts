import { listSources as list } from "../clickhouse/sources.ts";
import type { ActivityDependencies } from "./activities.ts";

/** The names of the sources that are enabled. */
export function createListSources({ warehouse }: ActivityDependencies) {
  return async function listSources(): Promise<string[]> {
    const sources = await list(warehouse, {});
    return sources.filter(({ enabled }) => enabled).map(({ name }) => name);
  };
}
