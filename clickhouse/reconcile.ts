import { z } from "zod";
import { groupBy } from "../src/domain/group-by.ts";
import { METRICS } from "../src/domain/run.ts";
import type { Metric } from "../src/domain/run.ts";
import { defineQuery, Money } from "./query.ts";
import type { Reader } from "./query.ts";
import { listRunCounts } from "./reconcile-runs.ts";
import type { RunCounts } from "./reconcile-runs.ts";
import { listRejectTotals } from "./totals.ts";
import type { RejectTotal } from "./totals.ts";

/** A run, its sums as text with all digits, and every difference in words: none when all is well. */
export type Reconciled = RunCounts & {
  readonly sums: readonly { readonly metric: Metric; readonly currency: string; readonly total: string }[];
  /** Rows that were refused, by currency; the total is of those whose cost can be read. */
  readonly rejects: readonly RejectTotal[];
  readonly rowDifference: number;
  readonly differences: readonly string[];
};

/** Which runs: all sources and runs where none is named, replaced runs only where asked for. */
export type ReconcileFilter = Parameters<typeof listRunCounts>[1];

const PublicationTotalRow = z.object({
  publication_id: z.string(),
  billing_currency: z.string(),
  actual: Money,
  amortized: Money,
  rollups_agree: z.union([z.boolean(), z.number()]).transform(Boolean),
});

type PublicationTotal = z.infer<typeof PublicationTotalRow>;

const listPublicationTotals = defineQuery<{ publication_ids: readonly string[] }, PublicationTotal>(
  "reconcile-totals",
  PublicationTotalRow,
);

/** How many ids a statement names: they travel in the request's url. */
const BATCH = 200;

/** Holds published runs against their manifests, their loads' own counts, and the rollups against the entries. */
export async function listReconciled(reader: Reader, filter: ReconcileFilter): Promise<Reconciled[]> {
  const runs = await listRunCounts(reader, filter);
  const totals: PublicationTotal[] = [];
  for (let at = 0; at < runs.length; at += BATCH) {
    const publicationIds = runs.slice(at, at + BATCH).map(({ publicationId }) => publicationId);
    totals.push(...(await listPublicationTotals(reader, { publication_ids: publicationIds })));
  }
  const byPublication = groupBy(totals, ({ publication_id: id }) => id);
  const reconciled: Reconciled[] = [];
  for (const run of runs) {
    const rejects = run.rowsRejected === 0 ? [] : await listRejectTotals(reader, { load_ids: run.loadIds });
    reconciled.push(holdAgainst(run, byPublication.get(run.publicationId) ?? [], rejects));
  }
  return reconciled;
}

function holdAgainst(run: RunCounts, totals: readonly PublicationTotal[], rejects: readonly RejectTotal[]): Reconciled {
  const disagreeing = totals.filter((total) => !total.rollups_agree).map((total) => total.billing_currency);
  const found = run.rowsLoaded + run.rowsRejected;
  const expected = run.declared.rows ?? run.recorded.rowsLoaded + run.recorded.rowsRejected;
  const storedBytes = run.declared.bytes === 0 ? null : run.declared.bytes; // nobody knows beforehand what an API sends
  const differences = [
    ...differenceOf("rows in the manifest", run.declared.rows, "rows loaded and rejected", found),
    ...differenceOf("stored bytes", storedBytes, "bytes read by the loads", run.bytes),
    ...differenceOf("rows counted when loaded", run.recorded.rowsLoaded, "rows held now", run.rowsLoaded),
    ...differenceOf("rows rejected when loaded", run.recorded.rowsRejected, "rejects held now", run.rowsRejected),
    ...differenceOf("rows copied from elder runs", run.copied.recorded, "copies held now", run.copied.found),
    ...disagreeing.map((currency) => `the rollups do not add up to the entries in ${currency}`),
  ];
  const sums = totals.flatMap((total) =>
    METRICS[run.dataset].map((metric) => ({ metric, currency: total.billing_currency, total: total[metric] })),
  );
  return { ...run, sums, rejects, rowDifference: expected - found, differences };
}

function differenceOf(what: string, expected: number | null, against: string, found: number): string[] {
  if (expected === null || expected === found) return [];
  return [`${expected.toLocaleString("en-US")} ${what}, ${found.toLocaleString("en-US")} ${against}`];
}
