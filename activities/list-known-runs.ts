import { listKnownRuns as list } from "../clickhouse/known-runs.ts";
import { showUnseen } from "../clickhouse/visible-loads.ts";
import type { KnownRun } from "../src/domain/plan.ts";
import type { ActivityDependencies } from "./activities.ts";

/**
 * The runs of a source that were ever published, those that were withdrawn marked as such; and all of them visible, also
 * where the process that published the last one ended too early.
 */
export function createListKnownRuns({ warehouse }: ActivityDependencies) {
  return async function listKnownRuns({ source }: { source: string }): Promise<KnownRun[]> {
    await showUnseen(warehouse);
    return list(warehouse, { source, export: "", dataset: "", month: "" });
  };
}
