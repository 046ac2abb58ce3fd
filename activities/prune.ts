import { mergeClosedMonths } from "../clickhouse/merge-entries.ts";
import {
  dropLoads,
  endPublications,
  listUndroppedLoads,
  markLoads,
  readLedger,
  type UndroppedLoad,
} from "../clickhouse/retention.ts";
import { dropEvaluations } from "../clickhouse/tracking-retention.ts";
import type { FreedEvaluations } from "../clickhouse/tracking-retention.ts";
import { requireSourceNames } from "../clickhouse/source-names.ts";
import { listVisibleLoads, showUnseen } from "../clickhouse/visible-loads.ts";
import { groupBy } from "../src/domain/group-by.ts";
import type { Month } from "../src/domain/month.ts";
import { decideRetention } from "../src/domain/retention.ts";
import type { LedgerEntry, Retention } from "../src/domain/retention.ts";
import type { ActivityDependencies } from "./activities.ts";

/** What a prune may take. Plain JSON. */
export type PruneInput = {
  /** Only what these sources brought; everything when none is named. */
  readonly sources: readonly string[];
  /** How many publications of each month are kept, the one that answers among them; at least 1. */
  readonly keep: number;
  /** Change nothing, say what would go. */
  readonly dryRun: boolean;
  /** Also evaluations of the rules for resources that are old; those are of no source. */
  readonly evaluations: boolean;
};

/** What a prune takes. */
export type PruneReport = {
  readonly freed: readonly Freed[];
  /** Null where it takes only what some sources brought. */
  readonly evaluations: FreedEvaluations | null;
};

/** What a prune takes of one source and month. */
export type Freed = {
  readonly source: string;
  readonly month: Month;
  /** Publications that can be read no more, neither now nor as of the past. */
  readonly publications: number;
  readonly loads: number;
  readonly rows: number;
  readonly rejectedRows: number;
  /** Of the entries and rejects; the rollups give some more. */
  readonly bytes: number;
};

/**
 * Drops the rows that no kept publication names: those of publications that were replaced long ago, of withdrawn runs, and
 * of attempts that failed or were given up. What answers now is never touched, except that a prune of everything merges the
 * entries of closed months into fewer parts. Evaluations go that are older than a week and do not count any more.
 *
 * Each step leaves what the next prune completes: publications end before their loads are dropped, and loads are said
 * to be dropped before they are and after. What is announced or published while this decides keeps its loads.
 */
export function createPrune({ warehouse, signal }: ActivityDependencies) {
  return async function prune({ evaluations, ...input }: PruneInput): Promise<PruneReport> {
    const freed = await pruneLoads(input);
    const { dryRun } = input;
    return { freed, evaluations: evaluations ? await dropEvaluations(warehouse, { dryRun, signal }) : null };
  };

  async function pruneLoads({ sources, keep, dryRun }: Omit<PruneInput, "evaluations">): Promise<Freed[]> {
    await requireSourceNames(warehouse, sources);
    const ledger = await readLedger(warehouse, { month: "" });
    const ofSources = (entry: { source: string }) => sources.length === 0 || sources.includes(entry.source);
    const retention = decideRetention(ledger.filter(ofSources), keep);
    const loads = droppable(await listUndroppedLoads(warehouse, { sources }), ledger, retention);
    const freed = summarize(ledger, retention, loads);
    if (dryRun) return freed;

    signal.throwIfAborted();
    await showUnseen(warehouse); // what readers see must not be older than what this decided on
    await endPublications(warehouse, retention.endedIds);
    await markLoads(warehouse, idsOf(loads), "dropping");
    const { heldLoadIds } = decideRetention(await readLedger(warehouse, { month: "" }), keep);
    const visible = new Set((await listVisibleLoads(warehouse, {})).map(({ load_id }) => load_id));
    const dropped = loads.filter(({ loadId }) => !heldLoadIds.has(loadId) && !visible.has(loadId));
    await dropLoads(warehouse, dropped, signal);
    await markLoads(warehouse, idsOf(dropped), "dropped");
    if (sources.length === 0) await mergeClosedMonths(warehouse, signal); // not behind every import: the next may be waiting
    return freed;
  }
}

/** The loads that nobody reads, and that nobody can be about to publish: what was published once is no import's work. */
function droppable(
  loads: readonly UndroppedLoad[],
  ledger: readonly LedgerEntry[],
  { heldLoadIds }: Retention,
): UndroppedLoad[] {
  const published = new Set(ledger.filter(({ state }) => state !== "announced").flatMap(({ loadIds }) => loadIds));
  return loads.filter(({ loadId, isSettled }) => !heldLoadIds.has(loadId) && (isSettled || published.has(loadId)));
}

function summarize(ledger: readonly LedgerEntry[], { endedIds }: Retention, loads: readonly UndroppedLoad[]): Freed[] {
  const keyOf = ({ source, month }: { source: string; month: Month }) => JSON.stringify([source, month]);
  const ended = new Set(endedIds);
  const publications = groupBy(
    ledger.filter(({ publicationId, state }) => state === "published" && ended.has(publicationId)),
    keyOf,
  );
  return [...groupBy(loads, keyOf)].flatMap(([key, group]) => {
    const [first] = group;
    if (first === undefined) return [];
    const sum = (amountOf: (load: UndroppedLoad) => number) => group.reduce((total, load) => total + amountOf(load), 0);
    return {
      source: first.source,
      month: first.month,
      publications: publications.get(key)?.length ?? 0,
      loads: group.length,
      rows: sum(({ entries }) => entries),
      rejectedRows: sum(({ rejects }) => rejects),
      bytes: sum(({ bytes }) => bytes),
    };
  });
}

function idsOf(loads: readonly UndroppedLoad[]): string[] {
  return loads.map(({ loadId }) => loadId);
}
