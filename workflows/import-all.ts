import { inBatches } from "../src/domain/in-batches.ts";
import { withoutSkipped } from "./import-source.ts";
import type { ImportSourceInput, SourceReport } from "./import-source.ts";

/** Which sources to import, and what of each. */
export type ImportAllInput = Omit<ImportSourceInput, "source"> & {
  /** Every source that is enabled when none is named. */
  readonly sources?: readonly string[];
};

/** What came of one source; its error when it could not even be listed. */
export type SourceResult =
  | (SourceReport & { readonly error: null; readonly alreadyRunning?: true })
  | (EmptyReport & { readonly error: string });

/** What came of every source. */
export type ImportAllReport = { readonly sources: readonly SourceResult[] };

type EmptyReport = {
  readonly source: string;
  readonly runs: [];
  readonly moreSkipped: [];
  readonly problems: [];
  readonly warnings: [];
};

/** What an import of many sources needs of whoever hosts it. */
export type ImportAllHost = {
  readonly listSources: (options: Pick<ImportSourceInput, "runId">) => Promise<readonly string[]>;
  readonly importSource: (input: ImportSourceInput) => Promise<SourceReport>;
  readonly gate: () => Promise<void>;
  /** How many sources are imported side by side. */
  readonly concurrency: number;
  /** Hears of the names, then of what came of each. */
  readonly onSources?: (names: readonly string[]) => void;
  readonly onResult?: (result: SourceResult) => void;
};

/**
 * Imports sources. What fails is reported and stops nothing else; a source that is being imported already is left to
 * whoever is at it. Throws when the work is to stop.
 */
export async function importAll(host: ImportAllHost, input: ImportAllInput): Promise<ImportAllReport> {
  const { sources: named = [], ...options } = input;
  const names = named.length > 0 ? [...new Set(named)] : await host.listSources({ runId: options.runId });
  host.onSources?.(names);
  const sources = await inBatches(names, host.concurrency, async (source) => {
    await host.gate();
    const result = await importOne(host, { ...options, source });
    host.onResult?.(result);
    return result;
  });
  return { sources };
}

/** The same report without the names of runs that were skipped, so that it stays small with many sources. */
export function withoutSkippedRuns({ sources }: ImportAllReport): ImportAllReport {
  return {
    sources: sources.map((result) => (result.error === null ? { ...result, ...withoutSkipped(result) } : result)),
  };
}

async function importOne(host: ImportAllHost, input: ImportSourceInput): Promise<SourceResult> {
  const nothing: EmptyReport = { source: input.source, runs: [], moreSkipped: [], problems: [], warnings: [] };
  try {
    return { ...(await host.importSource(input)), error: null };
  } catch (error) {
    if (!(error instanceof Error) || error.name === "AbortError") throw error;
    if (error.name === "AlreadyRunningError") return { ...nothing, error: null, alreadyRunning: true };
    return { ...nothing, error: error.message };
  }
}
