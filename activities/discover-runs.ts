import type { DayRange } from "../src/domain/month.ts";
import type { Source } from "../src/domain/source.ts";
import { discoverRuns as discover } from "../src/sources/discover.ts";
import type { Discovery } from "../src/sources/discover.ts";
import type { ActivityDependencies } from "./activities.ts";

/** Lists everything a source holds. Opens no data file. */
export function createDiscoverRuns({ openStore, signal }: ActivityDependencies) {
  return async function discoverRuns(input: {
    source: Source;
    billingPeriod?: DayRange | undefined;
  }): Promise<Discovery> {
    return discover(input.source, openStore(input.source), { billingPeriod: input.billingPeriod, signal });
  };
}
