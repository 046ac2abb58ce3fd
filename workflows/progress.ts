import type { Extraction } from "../src/domain/extraction.ts";
import type { Month } from "../src/domain/month.ts";
import type { Dataset } from "../src/domain/run.ts";

/** How far the import of a run is, as the query `progress` tells. Parts in flight count when they are loaded. */
export type RunProgress = {
  readonly source: string;
  readonly dataset: Dataset;
  readonly month: Month;
  readonly runId: string;
  readonly state: "loading" | "finishing" | "done" | "failed";
  readonly isPaused: boolean;
  readonly parts: { readonly total: number; readonly done: number; readonly failed: number; readonly loading: number };
  /** Rows and stored bytes of the parts that are done. */
  readonly rows: number;
  readonly rejected: number;
  readonly bytesDone: number;
  readonly byteCount: number;
  readonly startedAt: string;
  /** From the start to the end of the part that was done last; null before there is one. */
  readonly bytesPerSecond: number | null;
  readonly rowsPerSecond: number | null;
  /** The paths of the parts that are loading. */
  readonly loading: readonly string[];
  /** The parts that failed and wait to be loaded again. */
  readonly failures: readonly { readonly part: string; readonly error: string }[];
};

/** How far the import of a source is. */
export type SourceProgress = {
  readonly source: string;
  /** `tracking` while resources are assigned to rules: the runs are through. */
  readonly state: "planning" | "importing" | "tracking" | "done" | "failed";
  readonly isPaused: boolean;
  /** `total` grows where the work is planned bit by bit. */
  readonly runs: {
    readonly total: number;
    readonly imported: number;
    readonly skipped: number;
    readonly failed: number;
  };
  /** The id of the workflow that imports a run at present. */
  readonly current: string | null;
  /** What an API was asked for and is not ready yet. */
  readonly extraction: ExtractionProgress | null;
  /** Rows of the runs that are imported. */
  readonly rows: number;
  readonly rejected: number;
  readonly startedAt: string;
};

/** What an API was asked for, since when, and when it is looked at again. */
export type ExtractionProgress = Extraction & {
  readonly askedAt: string;
  readonly waitedSeconds: number;
  readonly looksAgainAt: string;
};

/** How far the import of many sources is. */
export type ImportAllProgress = {
  readonly state: "listing" | "importing" | "done" | "failed";
  readonly isPaused: boolean;
  readonly sources: { readonly total: number; readonly done: number; readonly failed: number };
  /** The ids of the workflows that are at work. */
  readonly current: readonly string[];
};

/** How far a backfill is. */
export type BackfillProgress = {
  readonly source: string;
  readonly state: "importing" | "done" | "failed";
  readonly isPaused: boolean;
  readonly months: { readonly total: number; readonly done: number; readonly failed: number };
  /** The id of the workflow that imports a month at present. */
  readonly current: string | null;
};
