import { ReconciliationError, RejectedRowsError } from "./errors.ts";
import type { Part, Run } from "./run.ts";

/** A row that could not be used. */
export type Reject = {
  /** Number of the record in the file, the first row after the header is 1. */
  readonly record: number;
  /** Line of the file on which the record begins, the header is on line 1; null where it was not looked up. */
  readonly line: number | null;
  readonly reason: string;
};

/** How many rows were brought. */
export type LoadedRows = {
  readonly rowsLoaded: number;
  readonly rowsRejected: number;
  /** Loaded rows whose tags or additional info cannot be read as JSON; absent where there are none. */
  readonly rowsMalformed?: number;
};

/** What one load brought. Plain JSON. */
export type Load = LoadedRows & {
  readonly loadId: string;
  readonly part: Part;
  /** The first rejects, in file order. */
  readonly rejects: readonly Reject[];
};

/** Where a reject stands in its file, as messages name it. */
export function placeOfReject(part: Part, { line, record }: Reject): string {
  return line === null ? `${part.path} record ${record}:` : `${part.path}:${line} (record ${record})`;
}

/** All rows that the loads of a run brought. */
export function rowsOf(loads: readonly LoadedRows[]): LoadedRows {
  const sumOf = (rows: (load: LoadedRows) => number) => loads.reduce((sum, load) => sum + rows(load), 0);
  const rowsMalformed = sumOf((load) => load.rowsMalformed ?? 0);
  return {
    rowsLoaded: sumOf((load) => load.rowsLoaded),
    rowsRejected: sumOf((load) => load.rowsRejected),
    ...(rowsMalformed > 0 ? { rowsMalformed } : {}),
  };
}

/**
 * Demands that rows loaded and rows rejected are together what the manifest announces, for each part and for the run,
 * and that not more rows are rejected than the source allows. Throws RejectedRowsError or ReconciliationError.
 */
export function requireEveryRow(run: Run, loads: readonly Load[], rejectLimit: number): void {
  const who = run.manifestPath === null ? "the sender" : "the manifest";
  for (const { part, rowsLoaded, rowsRejected } of loads) {
    requireCount(part.path, who, part.declaredRowCount, rowsLoaded + rowsRejected);
  }
  const { rowsLoaded, rowsRejected } = rowsOf(loads);
  requireCount(run.manifestPath ?? run.exportName, who, run.declaredRowCount, rowsLoaded + rowsRejected);
  if (rowsRejected > rejectLimit) throw new RejectedRowsError(describeRejects(loads, rowsRejected, rejectLimit));
}

function requireCount(place: string, who: string, declared: number | null, found: number): void {
  if (declared === null || declared === found) return;
  throw new ReconciliationError(
    `${place}: ${who} announces ${declared} rows, but there are ${found}. ` +
      "Nothing was published. Deliver the run again.",
  );
}

function describeRejects(loads: readonly Load[], rejected: number, rejectLimit: number): string {
  const examples = loads.flatMap(({ part, rejects }) =>
    rejects.map((reject) => `${placeOfReject(part, reject)} ${reject.reason}`),
  );
  const more = rejected > examples.length ? `; and ${rejected - examples.length} more` : "";
  return (
    `${examples.join("; ")}${more}. ${rejected === 1 ? "1 row" : `${rejected} rows`} cannot be used, the source ` +
    `allows ${rejectLimit}. ` +
    "Nothing was published. Deliver the run again, or raise the source's rejectLimit to import the rest."
  );
}
