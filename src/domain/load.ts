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

/** What one load brought. Plain JSON. */
export type Load = {
  readonly loadId: string;
  readonly part: Part;
  readonly rowsLoaded: number;
  readonly rowsRejected: number;
  /** Loaded rows whose tags or additional info cannot be read as JSON; absent where there are none. */
  readonly rowsMalformed?: number;
  /** The first rejects, in file order. */
  readonly rejects: readonly Reject[];
};

/** Where a reject stands in its file, as messages name it. */
export function placeOfReject(part: Part, { line, record }: Reject): string {
  return line === null ? `${part.path} record ${record}:` : `${part.path}:${line} (record ${record})`;
}

/** All rows that a run brought; the malformed ones are among those that were loaded. */
export function countRows(loads: readonly Load[]): { loaded: number; rejected: number; malformed: number } {
  return {
    loaded: loads.reduce((sum, load) => sum + load.rowsLoaded, 0),
    rejected: loads.reduce((sum, load) => sum + load.rowsRejected, 0),
    malformed: loads.reduce((sum, load) => sum + (load.rowsMalformed ?? 0), 0),
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
  const { loaded, rejected } = countRows(loads);
  requireCount(run.manifestPath ?? run.exportName, who, run.declaredRowCount, loaded + rejected);
  if (rejected > rejectLimit) throw new RejectedRowsError(describeRejects(loads, rejected, rejectLimit));
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
