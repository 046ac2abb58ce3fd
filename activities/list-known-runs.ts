import { listKnownRuns as list } from "../clickhouse/known-runs.ts";
import type { KnownRun } from "../src/domain/plan.ts";
import type { ActivityDependencies } from "./activities.ts";

/** The runs of a source that were ever published, those that were withdrawn marked as such. */
export function createListKnownRuns({ warehouse }: ActivityDependencies) {
  return async function listKnownRuns({ source }: { source: string }): Promise<KnownRun[]> {
    return list(warehouse, { source, export: "", dataset: "", month: "" });
  };
}
