import { groupBy } from "./group-by.ts";
import { newestRun } from "./publication.ts";
import type { LedgerEntry } from "./retention.ts";

/** What answered for a series from a moment on; null where nothing did. */
export type Answer = { readonly since: string; readonly publication: LedgerEntry | null };

/**
 * What answered for one series, oldest first. A publication that names the same loads as the one before is no change.
 * Pruned ones are there as they answered once, in the state pruned.
 */
export function timelineOf(series: readonly LedgerEntry[]): Answer[] {
  const pruned = new Map(series.filter(isPruned).map((entry) => [entry.publicationId, entry]));
  const steps = series.filter(({ state }) => state === "published" || state === "withdrawn");
  const live = new Map<string, LedgerEntry>();
  const timeline: Answer[] = [];
  const moments = [...groupBy(steps, ({ publishedAt }) => publishedAt)].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  for (const [since, together] of moments) {
    for (const step of together) {
      if (step.state === "withdrawn") live.delete(step.runId);
      else live.set(step.runId, step);
    }
    const newest = newestRun([...live.values()]);
    const publication = newest === undefined ? null : (pruned.get(newest.publicationId) ?? newest);
    if (loadsOf(publication) !== loadsOf(timeline.at(-1)?.publication ?? null)) timeline.push({ since, publication });
  }
  return timeline;
}

function isPruned({ state }: LedgerEntry): boolean {
  return state === "pruned";
}

function loadsOf(publication: LedgerEntry | null): string {
  return publication === null ? "" : [publication.runId, ...publication.loadIds.toSorted()].join();
}
