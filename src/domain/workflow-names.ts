import type { Month } from "./month.ts";
import type { Run } from "./run.ts";

/** The task queue that workers listen to when the environment names no other. */
export const TASK_QUEUE = "billhouse";

/** The orchestrations that can be started, by the name under which Temporal knows them. */
export const WORKFLOWS = ["importSource", "importRun", "importAll", "backfill", "prune", "trackResources"] as const;

/** One of the orchestrations that can be started. */
export type WorkflowName = (typeof WORKFLOWS)[number];

/** What workflows can be searched by, keywords all of them. */
export const SEARCH_ATTRIBUTES = {
  source: "BillhouseSource",
  dataset: "BillhouseDataset",
  month: "BillhouseMonth",
  runId: "BillhouseRunId",
} as const;

/** The signals, queries and updates that workflows answer to. */
export const MESSAGES = { pause: "pause", resume: "resume", progress: "progress", retryPart: "retryPart" } as const;

/** The id of the workflow that imports every source. */
export const IMPORT_ALL_ID = "import-all";

/** The id of the workflow that drops what nobody reads. */
export const PRUNE_ID = "prune";

/** The id of the prune that an import of a source leaves behind. */
export function pruneId(source: string): string {
  return `prune/${source}`;
}

/** The ids of the workflows that assign resources to rules: all of them, or those for which something has changed. */
export const TRACKING_IDS = { anew: "tracking/anew", changes: "tracking/changes" } as const;

/** The id of the workflow that imports a source: two starts of one import are one. */
export function importId(source: string): string {
  return `import/${source}`;
}

/** The id of the workflow that imports one run. */
export function importRunId(run: Pick<Run, "source" | "dataset" | "month" | "runId">): string {
  return `import/${run.source}/${run.dataset}/${run.month}/${run.runId}`;
}

/** The id of what a schedule starts, to which Temporal appends the time; its child is the source's one import. */
export function scheduledImportId(source: string): string {
  return `scheduled/${source}`;
}

/** The id of the workflow that imports months of a source one after another. */
export function backfillId(source: string): string {
  return `backfill/${source}`;
}

/** The id of the workflow that imports one month of a backfill. */
export function backfillMonthId(source: string, month: Month): string {
  return `backfill/${source}/${month}`;
}

/** The id of a source's schedule. */
export function scheduleId(source: string): string {
  return `billhouse/${source}`;
}
