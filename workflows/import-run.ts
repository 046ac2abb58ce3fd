import type { Activities } from "../activities/activities.ts";
import type { Publication } from "../activities/publish-run.ts";
import { countRows } from "../src/domain/load.ts";
import type { Load } from "../src/domain/load.ts";
import type { Run } from "../src/domain/run.ts";
import type { Source } from "../src/domain/source.ts";
import { inBatches } from "../src/domain/in-batches.ts";

/** Which run to import, and the source as it is now. */
export type ImportRunInput = { readonly source: Source; readonly run: Run };

/** What an import of a run brought. Plain JSON. */
export type RunReport = {
  readonly publication: Publication;
  readonly rowsLoaded: number;
  readonly rowsRejected: number;
  /** Loaded rows whose tags or additional info cannot be read as JSON; absent where there are none. */
  readonly rowsMalformed?: number;
  /** By currency, as text with all digits. */
  readonly totals: readonly {
    readonly billing_currency: string;
    readonly actual: string;
    readonly amortized: string;
  }[];
  /** The rejected rows by currency: their cost where it can be read, as text, and of how many it cannot. */
  readonly rejects: readonly {
    readonly billing_currency: string;
    readonly rows: number;
    readonly rows_without_cost: number;
    readonly total: string;
  }[];
};

/** Parts of one run that are loaded side by side in one process. */
const CONCURRENT_LOADS = 2;

/** Brings one run in: loads its parts, so many of them side by side, checks that nothing is missing, makes it visible. */
export async function importRun(
  activities: Activities,
  input: ImportRunInput,
  concurrency = CONCURRENT_LOADS,
): Promise<RunReport> {
  const { source, run } = input;
  const { parts, ...facts } = run;
  const partCount = parts.length;
  let loads: Load[] = [];
  await activities.recordRun({ run, state: "importing", loadIds: [], error: "" });
  try {
    loads = await inBatches(parts, concurrency, (part) => activities.loadPart({ source, run: facts, part, partCount }));
    const { totals, rejects } = await activities.verifyRun({ run, loads, rejectLimit: source.rejectLimit });
    const publication = await activities.publishRun({ run, loads, priority: source.priority });
    await activities.recordRun({ run, state: "imported", loadIds: loads.map((load) => load.loadId), error: "" });
    const { loaded, rejected, malformed } = countRows(loads);
    const rows = { rowsLoaded: loaded, rowsRejected: rejected, ...(malformed > 0 ? { rowsMalformed: malformed } : {}) };
    return { publication, ...rows, totals, rejects };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const failed = { run, state: "failed" as const, loadIds: loads.map((load) => load.loadId), error: message };
    // The failure itself is what the caller must see, also when it cannot be written down.
    await activities.recordRun(failed).catch(() => undefined);
    throw error;
  }
}
