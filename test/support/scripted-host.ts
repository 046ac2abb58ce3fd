import { daysOfMonth, parseMonth } from "../../src/domain/month.ts";
import type { Extraction, ExtractionState } from "../../src/domain/extraction.ts";
import { nameOfExtraction } from "../../src/domain/extraction-name.ts";
import type { Run } from "../../src/domain/run.ts";
import { EXTRACTION_DEFAULTS, SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { CostDetailsSource } from "../../src/domain/source.ts";
import type { Activities } from "../../activities/activities.ts";
import type { ImportHost } from "../../workflows/import-source.ts";
import type { RunReport } from "../../src/domain/run-report.ts";

/** A source that asks an API. */
export const API_SOURCE: CostDetailsSource = {
  ...SOURCE_DEFAULTS,
  ...EXTRACTION_DEFAULTS,
  name: "contoso",
  kind: "cost-details",
  datasets: ["actual"],
  cloud: "public",
  endpoint: null,
  identity: { kind: "default" },
  scope: "/providers/Microsoft.Billing/billingAccounts/1234567",
  by: "month",
};

/** What an API is asked for: a whole month's actual costs. */
export function anExtraction(month: string): Extraction {
  return { dataset: "actual", month: parseMonth(month), days: daysOfMonth(parseMonth(month)) };
}

/** What an API says when it has not finished. */
export function pending(waitSeconds: number): ExtractionState {
  return { kind: "pending", operation: "operations/1", askedAt: "2026-06-01T04:00:00.0000000Z", waitSeconds };
}

/** What an API says when there is a run. */
export function ready(extraction: Extraction, runId: string): ExtractionState & { readonly kind: "ready" } {
  const { dataset, month, days } = extraction;
  const run: Run = {
    source: API_SOURCE.name,
    export: `cost-details:${API_SOURCE.scope}`.toLowerCase(),
    exportName: "billingAccounts/1234567",
    dataset,
    month,
    runId,
    submittedAt: "2026-06-01T04:00:00.0000000Z",
    days,
    manifestPath: null,
    dataVersion: null,
    declaredRowCount: null,
    parts: [],
  };
  return { kind: "ready", run };
}

/** What is answered, one after another; an error is thrown. What is not scripted fails the test. */
export type Script = {
  readonly extractions: readonly Extraction[];
  readonly begin: readonly (ExtractionState | Error)[];
  readonly look?: readonly (ExtractionState | Error)[];
  readonly importRun?: readonly ("done" | Error)[];
  /** Happens before the n-th pass of the gate, counted from 1. */
  readonly atGate?: (nth: number) => Promise<void>;
  /** Happens instead of the n-th wait. */
  readonly atSleep?: (nth: number) => Promise<void>;
};

/** A host that does as a script says, and what it was asked to do. */
export function scriptedHost(script: Script): { host: ImportHost; steps: string[]; attempts: unknown[] } {
  const steps: string[] = [];
  const attempts: unknown[] = [];
  const queues = { begin: [...script.begin], look: [...(script.look ?? [])], run: [...(script.importRun ?? [])] };
  const counts = { gate: 0, sleep: 0 };
  const unscripted = () => Promise.reject(new RangeError("This is not in the script"));
  function next<T>(queue: T[]): Exclude<T, Error> {
    const value = queue.shift();
    if (value === undefined) throw new RangeError("The script is over");
    if (value instanceof Error) throw value;
    return value as Exclude<T, Error>;
  }
  const activities: Activities = {
    findSource: () => Promise.resolve(API_SOURCE),
    listSources: unscripted,
    planRuns: () =>
      Promise.resolve({
        found: script.extractions.length,
        runs: [],
        extractions: script.extractions,
        isPartial: false,
        skipped: [],
        moreSkipped: [],
        problems: [],
        warnings: [],
      }),
    beginExtraction: async ({ extraction }) => {
      steps.push(`asks for ${nameOfExtraction(extraction)}`);
      return next(queues.begin);
    },
    lookAtExtraction: async ({ waitedSeconds }) => {
      steps.push(`looks after ${waitedSeconds} s`);
      return next(queues.look);
    },
    loadPart: unscripted,
    verifyRun: unscripted,
    publishRun: unscripted,
    finishRun: unscripted,
    recordRun: unscripted,
    recordAttempt: async (record) => {
      attempts.push(record);
      return { attemptId: "1", startedAt: "2026-06-01T04:00:00.000Z" };
    },
    checkTracking: () => Promise.resolve({ isBehind: false }),
    trackResources: unscripted,
    prune: unscripted,
  };
  const host: ImportHost = {
    activities,
    importRun: async ({ run }): Promise<RunReport> => {
      steps.push(`imports ${run.runId}`);
      next(queues.run);
      const publication = { publicationId: "1", isCurrent: true, silences: 0, silenced: 0 };
      return { publication, rowsLoaded: 3, rowsRejected: 0, totals: [], rejects: [] };
    },
    gate: async () => script.atGate?.(++counts.gate),
    sleep: async (seconds) => {
      steps.push(`waits ${seconds} s`);
      await script.atSleep?.(++counts.sleep);
    },
  };
  return { host, steps, attempts };
}
