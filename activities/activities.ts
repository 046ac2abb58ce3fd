import type { Warehouse } from "../clickhouse/client.ts";
import type { TrackingProgress } from "../src/domain/tracking-progress.ts";
import type { ApiSource, Source } from "../src/domain/source.ts";
import type { Extractor } from "../src/sources/extractor.ts";
import type { Store } from "../src/sources/store.ts";
import { createCheckTracking } from "./check-tracking.ts";
import { createBeginExtraction, createLookAtExtraction } from "./extractions.ts";
import { createFindSource } from "./find-source.ts";
import { createFinishRun } from "./finish-run.ts";
import { createListSources } from "./list-sources.ts";
import { createLoadPart } from "./load-part.ts";
import { createPlanRuns } from "./plan-runs.ts";
import { createPrune } from "./prune.ts";
import { createPublishRun } from "./publish-run.ts";
import { createRecordAttempt } from "./record-attempt.ts";
import { createRecordRun } from "./record-run.ts";
import { createTrackResources } from "./track-resources.ts";
import { createVerifyRun } from "./verify-run.ts";

/** How far a load is; sent about once a second. */
export type LoadProgress = {
  readonly source: string;
  readonly runId: string;
  readonly part: string;
  readonly loadId: string;
  /** Stored bytes that were read, of `byteCount`. */
  readonly bytesRead: number;
  readonly byteCount: number;
  /** Rows that ClickHouse has taken so far. */
  readonly rows: number;
};

/** What activities need of the process that hosts them. */
export type ActivityDependencies = {
  readonly warehouse: Warehouse;
  readonly openStore: (source: Source) => Store;
  readonly openExtractor: (source: ApiSource) => Extractor;
  /** Aborted when the work is to stop: streams end, and their queries are killed. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LoadProgress) => void;
  readonly onTracking?: (progress: TrackingProgress) => void;
  /** What a part may unpack to, in bytes; PART_LIMIT_BYTES unless it is given. */
  readonly partLimitBytes?: number;
};

/** The steps of an import that touch the world. Inputs and results are small plain JSON. */
export type Activities = ReturnType<typeof createActivities>;

/** Binds the activities to a warehouse and to the stores of sources. */
export function createActivities(dependencies: ActivityDependencies) {
  return {
    findSource: createFindSource(dependencies),
    listSources: createListSources(dependencies),
    planRuns: createPlanRuns(dependencies),
    beginExtraction: createBeginExtraction(dependencies),
    lookAtExtraction: createLookAtExtraction(dependencies),
    loadPart: createLoadPart(dependencies),
    finishRun: createFinishRun(dependencies),
    // Its steps alone, for imports under Temporal that began before there was `finishRun`.
    verifyRun: createVerifyRun(dependencies),
    publishRun: createPublishRun(dependencies),
    recordRun: createRecordRun(dependencies),
    recordAttempt: createRecordAttempt(dependencies),
    checkTracking: createCheckTracking(dependencies),
    trackResources: createTrackResources(dependencies),
    prune: createPrune(dependencies),
  };
}
