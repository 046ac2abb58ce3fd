import { recordRun as write } from "../clickhouse/runs.ts";
import type { RunRecord } from "../clickhouse/runs.ts";
import type { ActivityDependencies } from "./activities.ts";

/** Writes what came of a run. */
export function createRecordRun({ warehouse }: ActivityDependencies) {
  return async function recordRun(record: RunRecord): Promise<void> {
    await write(warehouse, record);
  };
}
