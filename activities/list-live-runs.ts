import { listLiveRuns as list } from "../clickhouse/live-runs.ts";
import type { LiveRun } from "../clickhouse/live-runs.ts";
import type { ActivityDependencies } from "./activities.ts";

/** The runs of a source that are published and not withdrawn. */
export function createListLiveRuns({ warehouse }: ActivityDependencies) {
  return async function listLiveRuns({ source }: { source: string }): Promise<LiveRun[]> {
    return list(warehouse, { source, export: "", dataset: "", month: "" });
  };
}
