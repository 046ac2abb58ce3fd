import type { Freed, PruneReport } from "../../activities/prune.ts";
import type { TrackingReport } from "../../activities/track-resources.ts";
import type { BackfillReport } from "../../workflows/backfill.ts";
import type { ImportAllReport, SourceResult } from "../../workflows/import-all.ts";
import type { SourceReport } from "../../workflows/import-source.ts";
import * as errors from "../domain/errors.ts";
import type { WorkflowEnd } from "../temporal/follow.ts";

/** A workflow's results, as the same work in this process gives them. Each throws what ended the workflow instead. */
export const resultOf = {
  importAll: (end: WorkflowEnd): readonly SourceResult[] => (completed(end) as ImportAllReport).sources,
  backfill: (end: WorkflowEnd): BackfillReport => completed(end) as BackfillReport,
  prune(end: WorkflowEnd): PruneReport {
    const result = completed(end) as PruneReport | Freed[]; // before there were evaluations it was a list
    return Array.isArray(result) ? { freed: result, evaluations: null } : result;
  },
  trackResources(end: WorkflowEnd): TrackingReport {
    if (end.state === "completed" || end.state === "failed") return completed(end) as TrackingReport;
    const { workflowId, state } = end;
    throw new errors.WarehouseError(
      `${workflowId} was ${state}. Costs are read with the rules of before. \`billhouse rules evaluate\` begins anew.`,
    );
  },
  /** What fails an import of one source is reported, unless it was asked wrongly or ended from outside. */
  importSource(end: WorkflowEnd, source: string): readonly SourceResult[] {
    if (end.state === "completed") return [{ ...(end.result as SourceReport), error: null }];
    if (end.state !== "failed" || end.errorName === errors.InvalidRequestError.name) throw errorOf(end);
    return [{ source, error: end.message, runs: [], moreSkipped: [], problems: [], warnings: [] }];
  },
};

type Failed = Exclude<WorkflowEnd, { readonly state: "completed" }>;

const CLASSES = [
  errors.InvalidRequestError,
  errors.ConfigurationError,
  errors.ManifestError,
  errors.HeaderError,
  errors.FileError,
  errors.RejectedRowsError,
  errors.ReconciliationError,
  errors.OverwrittenError,
  errors.StorageError,
  errors.ApiError,
  errors.ApiRefusalError,
  errors.AuthenticationError,
  errors.PermissionError,
];

function completed(end: WorkflowEnd): unknown {
  if (end.state === "completed") return end.result;
  throw errorOf(end);
}

/** The error that it was, where it is one of ours. */
export function errorOf(end: Failed): Error {
  // A name that is none of these stands for what happens to workers and warehouses.
  const Known = CLASSES.find(({ name }) => name === end.errorName) ?? errors.WarehouseError;
  return new Known(reasonOf(end));
}

function reasonOf({ workflowId, state, message }: Failed): string {
  if (state === "failed") return message;
  const why = state === "canceled" ? "" : `: ${message}`;
  return `${workflowId} was ${state}${why}. Runs that were imported before that stay visible. Import again to go on.`;
}
