import { groupBy } from "./group-by.ts";
import { listDays } from "./month.ts";
import type { Day } from "./month.ts";
import { compareRuns } from "./publication.ts";
import { seriesOf } from "./run.ts";
import type { Run, SeriesKey } from "./run.ts";

/** How many publications of each day of a series are kept when nothing else is said: the one that answers and two more. */
export const KEPT_PUBLICATIONS = 3;

/** A row of `publications`. */
export type LedgerEntry = SeriesKey &
  Pick<Run, "exportName" | "runId" | "submittedAt" | "days"> & {
    readonly publicationId: string;
    /** When the row was written; a pruned row has the moment of the publication that it ends. */
    readonly publishedAt: string;
    readonly state: "announced" | "published" | "withdrawn" | "pruned";
    readonly ownLoadIds: readonly string[];
    readonly loadIds: readonly string[];
  };

/** What has to stay, and which publications end when the rest goes. */
export type Retention = {
  /** The loads that a kept or announced publication names, of the run itself and all others. */
  readonly heldLoadIds: ReadonlySet<string>;
  /** Publications that can be read no more once all other loads are gone, not pruned yet; none of them answers now. */
  readonly endedIds: readonly string[];
};

/**
 * Decides what is kept of all publications. Of each day of a series the `keep` newest answers stay, in the order in
 * which runs answer, and of one run the later publication first; so the runs that complete a month for the current one
 * stay, however old they are. Withdrawn runs are not kept. Entries that are announced and nothing else hold their loads.
 */
export function decideRetention(ledger: readonly LedgerEntry[], keep: number): Retention {
  const pruned = new Set(ledger.filter(({ state }) => state === "pruned").map(({ publicationId }) => publicationId));
  const settled = new Set(
    ledger.filter(({ state }) => state !== "announced").map(({ publicationId }) => publicationId),
  );
  const readable = ledger.filter(({ state, publicationId }) => state === "published" && !pruned.has(publicationId));
  const held = ledger.filter(({ state, publicationId }) => state === "announced" && !settled.has(publicationId));
  for (const series of groupBy(ledger, seriesOf).values()) held.push(...keptOf(series, pruned, keep));

  const heldLoadIds = new Set(held.flatMap(({ ownLoadIds, loadIds }) => [...ownLoadIds, ...loadIds]));
  const ended = readable.filter(({ loadIds }) => loadIds.some((loadId) => !heldLoadIds.has(loadId)));
  return { heldLoadIds, endedIds: ended.map(({ publicationId }) => publicationId) };
}

function keptOf(series: readonly LedgerEntry[], pruned: ReadonlySet<string>, keep: number): LedgerEntry[] {
  const answers = new Map<Day, number>();
  return answersOf(series, pruned).filter(({ days }) => {
    const covered = listDays(days);
    const isKept = covered.some((day) => (answers.get(day) ?? 0) < keep);
    for (const day of covered) answers.set(day, (answers.get(day) ?? 0) + 1);
    return isKept;
  });
}

/** The publications of runs that are live, in the order in which they answer; of equal ones only the last. */
function answersOf(series: readonly LedgerEntry[], pruned: ReadonlySet<string>): LedgerEntry[] {
  const live: LedgerEntry[] = [];
  for (const run of groupBy(series, ({ runId }) => runId).values()) {
    const steps = run.filter(({ state }) => state === "published" || state === "withdrawn").toSorted(laterFirst);
    const [last] = steps;
    if (last === undefined || last.state === "withdrawn" || pruned.has(last.publicationId)) continue;
    const published = steps.filter(({ state, publicationId }) => state === "published" && !pruned.has(publicationId));
    // Published anew because another run came or went: the same rows, only completed anew.
    live.push(...distinctBy(published, ({ ownLoadIds }) => ownLoadIds.toSorted().join()));
  }
  return live.toSorted((a, b) => compareRuns(b, a) || laterFirst(a, b));
}

function laterFirst(a: LedgerEntry, b: LedgerEntry): number {
  if (a.publishedAt !== b.publishedAt) return a.publishedAt < b.publishedAt ? 1 : -1;
  return a.publicationId < b.publicationId ? 1 : -1;
}

function distinctBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)));
}
