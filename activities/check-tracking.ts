import { isTrackingBehind } from "../clickhouse/tracking-evaluation.ts";
import type { ActivityDependencies } from "./activities.ts";

/** Asks whether there are resources to be assigned to rules; where there never were rules there are none. */
export function createCheckTracking({ warehouse }: ActivityDependencies) {
  return async function checkTracking(): Promise<{ isBehind: boolean }> {
    return { isBehind: await isTrackingBehind(warehouse) };
  };
}
