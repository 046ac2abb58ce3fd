import { randomUUID } from "node:crypto";
import { ReconciliationError } from "../src/domain/errors.ts";
import { composePublication, datesOf, newestRun } from "../src/domain/publication.ts";
import type { Piece } from "../src/domain/publication.ts";
import { firstDayOf } from "../src/domain/month.ts";
import type { SeriesKey } from "../src/domain/run.ts";
import type { Warehouse } from "./client.ts";
import { deriveLoad } from "./derive-load.ts";
import { listLiveRuns } from "./known-runs.ts";
import type { LiveRun } from "./known-runs.ts";
import { recordLoad } from "./loads.ts";
import { copyDays, countDays, insertPublications } from "./publications.ts";
import type { PublicationRecord } from "./publications.ts";
import { countDroppedLoads } from "./retention.ts";
import { settleShadows } from "./shadows.ts";

/** What happens to a series: a run is added or replaced, or one is taken back. */
export type SeriesChange =
  | { readonly kind: "publish"; readonly run: PublicationRecord["run"]; readonly ownLoadIds: readonly string[] }
  | { readonly kind: "withdraw"; readonly run: LiveRun };

/** How often a series is composed anew because somebody else changed it meanwhile. */
const ATTEMPTS = 5;

/**
 * Changes what is visible of a series by one insert. The run that answers afterwards is published anew, completed by
 * the surviving days of its elders and with fresh shadows, since others may have been published meanwhile. Gives that
 * publication; undefined when nothing of the series is left.
 *
 * Two of these at once do not miss each other. Each announces itself before it looks for overlaps, so at least one of
 * the two sees both. And each looks afterwards whether the series holds the runs it was composed of. Nor does one miss
 * a prune: that leaves alone what is announced, and what it pruned before is noticed between announcing and publishing.
 */
export async function publishSeries(
  warehouse: Warehouse,
  series: SeriesKey,
  change: SeriesChange,
  priority: number,
): Promise<PublicationRecord | undefined> {
  let { runs, current } = await publishNewest(warehouse, series, priority, change);
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    if (isSame(await listSeries(warehouse, series), runs)) break;
    ({ runs, current } = await publishNewest(warehouse, series, priority));
  }
  return current;
}

type Composed = { readonly runs: readonly LiveRun[]; readonly current: PublicationRecord | undefined };

async function publishNewest(
  warehouse: Warehouse,
  series: SeriesKey,
  priority: number,
  change?: SeriesChange,
): Promise<Composed> {
  const { runs, current } = await announceNewest(warehouse, series, priority, change);
  const rows: PublicationRecord[] = [];
  if (change !== undefined && (change.kind === "withdraw" || change.run.runId !== current?.run.runId)) {
    rows.push(recordOf(change, priority));
  }
  await insertPublications(warehouse, current === undefined ? rows : [...rows, { ...current, state: "published" }]);
  return { runs, current };
}

/** Announces the run that is to answer; once more where a run that it may be composed of was pruned meanwhile. */
async function announceNewest(
  warehouse: Warehouse,
  series: SeriesKey,
  priority: number,
  change?: SeriesChange,
): Promise<Composed> {
  for (let live = await listSeries(warehouse, series); ;) {
    const runs = change === undefined ? live : applyChange(live, change);
    const newest = newestRun(runs);
    const current = newest === undefined ? undefined : await announce(warehouse, newest, runs, priority);
    const [seen] = await Promise.all([
      listSeries(warehouse, series),
      change?.kind === "publish" ? requireUndropped(warehouse, change) : undefined,
    ]);
    if (live.every((run) => seen.some((other) => keyOf(other) === keyOf(run)))) return { runs, current };
    live = seen;
  }
}

/** Loads that nobody has published for a day count as given up. */
async function requireUndropped(
  warehouse: Warehouse,
  { run, ownLoadIds }: SeriesChange & { kind: "publish" },
): Promise<void> {
  const [found] = await countDroppedLoads(warehouse, { load_ids: ownLoadIds });
  if ((found?.dropped ?? 0) === 0) return;
  throw new ReconciliationError(
    `${run.source}/${run.exportName}/${run.runId}: its rows waited for more than a day and were pruned. ` +
      "Nothing was published. Import the run again.",
  );
}

/** Composes a run's publication, says that it is coming, and settles with all others who is silent. */
async function announce(
  warehouse: Warehouse,
  run: LiveRun,
  runs: readonly LiveRun[],
  priority: number,
): Promise<PublicationRecord> {
  const loadIds: string[] = [];
  for (const piece of composePublication(run, runs)) loadIds.push(...(await loadsOf(warehouse, run, piece)));
  const announced: PublicationRecord = {
    publicationId: randomUUID(),
    run,
    ownLoadIds: run.loadIds,
    loadIds,
    priority,
    state: "announced",
  };
  await insertPublications(warehouse, [announced]);
  await settleShadows(warehouse, { publicationId: announced.publicationId, month: run.month });
  return announced;
}

/** The loads of a piece; surviving days of an elder are copied into a load of their own first. */
async function loadsOf(warehouse: Warehouse, run: LiveRun, { run: elder, days }: Piece): Promise<readonly string[]> {
  if (days === "all" || elder.loadIds.length === 0) return elder.loadIds;
  const dates = datesOf(days, elder.days);
  const from = dates.map((date) => date.from);
  const until = dates.map((date) => date.until);
  const [expected] = await countDays(warehouse, { load_ids: elder.loadIds, from, until });
  const entries = expected?.entries ?? 0;
  if (entries === 0) return [];

  const loadId = randomUUID();
  const part = `days ${days[0]} to ${days.at(-1)} of run ${elder.runId}`;
  const record = {
    loadId,
    run,
    part,
    byteCount: 0,
    declaredRowCount: entries,
    startedAt: new Date().toISOString(),
    copiedFrom: elder.loadIds,
    copiedDays: days,
  };
  await recordLoad(warehouse, { ...record, state: "started" });
  await copyDays(warehouse, { load_ids: elder.loadIds, from, until, load_id: loadId });
  await deriveLoad(warehouse, { load_id: loadId, billing_month: firstDayOf(run.month) });
  const [copied] = await countDays(warehouse, { load_ids: [loadId], from, until });
  if (copied?.entries !== entries) {
    throw new ReconciliationError(
      `${run.source}/${run.exportName}: ${part} hold ${entries} rows, but ${copied?.entries ?? 0} were copied. ` +
        "Nothing was published. Import the run again.",
    );
  }
  await recordLoad(warehouse, { ...record, state: "loaded", rowsLoaded: entries, rowsMalformed: copied.malformed });
  return [loadId];
}

function recordOf(change: SeriesChange, priority: number): PublicationRecord {
  const isWithdrawn = change.kind === "withdraw";
  const loadIds = isWithdrawn ? change.run.loadIds : change.ownLoadIds;
  return {
    publicationId: randomUUID(),
    run: change.run,
    ownLoadIds: loadIds,
    loadIds,
    priority,
    state: isWithdrawn ? "withdrawn" : "published",
  };
}

function applyChange(live: readonly LiveRun[], change: SeriesChange): LiveRun[] {
  const others = live.filter((run) => run.runId !== change.run.runId);
  if (change.kind === "withdraw") return others;
  return [...others, { ...change.run, loadIds: change.ownLoadIds }];
}

function isSame(a: readonly LiveRun[], b: readonly LiveRun[]): boolean {
  const keys = (runs: readonly LiveRun[]) => runs.map(keyOf).toSorted().join(";");
  return keys(a) === keys(b);
}

function keyOf({ runId, loadIds }: LiveRun): string {
  return [runId, ...loadIds].join();
}

async function listSeries(warehouse: Warehouse, series: SeriesKey): Promise<LiveRun[]> {
  const { source, dataset, month } = series;
  return listLiveRuns(warehouse, { source, export: series.export, dataset, month });
}
