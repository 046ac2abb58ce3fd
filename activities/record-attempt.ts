import { recordAttempt as write } from "../clickhouse/attempts.ts";
import type { AttemptRecord } from "../clickhouse/attempts.ts";
import type { ActivityDependencies } from "./activities.ts";

/** Writes how an attempt to import a source stands. */
export function createRecordAttempt({ warehouse }: ActivityDependencies) {
  return async function recordAttempt(record: AttemptRecord): Promise<{ attemptId: string; startedAt: string }> {
    return write(warehouse, record);
  };
}
