import { z } from "zod";
import { inBatches } from "../src/domain/in-batches.ts";
import type { TrackingProgress } from "../src/domain/tracking-progress.ts";
import type { Warehouse } from "./client.ts";
import { Count, defineQuery, defineStatement } from "./query.ts";

/** One pass over resources, for an evaluation: a new one, or one that it extends. */
export type TrackingWork = {
  readonly evaluationId: string;
  readonly workId: string;
  readonly kind: "whole" | "extension" | "trial";
  /** Of which resources; null for all, or for an extension those that are new or have changed. */
  readonly resourceIds: readonly string[] | null;
  readonly signal: AbortSignal | undefined;
  /** Hears how far it is. */
  readonly onProgress?: ((progress: TrackingProgress) => void) | undefined;
};

type Ids = { readonly evaluation_id: string; readonly work_id: string };

const SearchRow = z.object({
  column: z.string(),
  ways: z.array(z.enum(["equals", "literal", "wildcard", "regex"])),
  batch: z.number(),
  has_always: z.union([z.boolean(), z.number()]).transform(Boolean),
});

const begin = defineStatement<Ids & { kind: string }>("start-tracking");
const stageSubjects = defineStatement<
  Ids & { scope: "all" | "changed" | "named"; resource_ids: readonly string[]; columns: readonly string[] }
>("stage-tracking-subjects");
const countSubjects = defineQuery<{ work_id: string }, { resources: number }>(
  "tracking-subject-count",
  z.object({ resources: Count }),
);
const listSearches = defineQuery<{ evaluation_id: string }, z.infer<typeof SearchRow>>("tracking-searches", SearchRow);
const matchAlways = defineStatement<{ work_id: string }>("match-tracking-always");
const matchTexts = defineStatement<Ids & { column: string }>("match-tracking-texts");
const matchListTexts = defineStatement<Ids & { column: string; keys: string }>("match-tracking-list-texts");
const matchPatterns = defineStatement<Ids & { column: string; ways: readonly string[]; batch: number }>(
  "match-tracking-patterns",
);
const matchListPatterns = defineStatement<
  Ids & { column: string; keys: string; ways: readonly string[]; batch: number }
>("match-tracking-list-patterns");
const countCandidates = defineQuery<Ids & { resources: number }, { candidates: number }>(
  "tracking-candidates",
  z.object({ candidates: Count }),
);
const assign = defineStatement<Ids & { first: number; last: number }>("assign-tracking");
const remove = defineStatement<Ids>("remove-tracking");

/** How many resources, and of how many candidates, get their rule in one statement, whose memory grows with both. */
const RESOURCES_AT_ONCE = 250_000;
const CANDIDATES_AT_ONCE = 4_000_000;
/** Columns of tracking_subjects with several values; `<column>_keys` has a key for each. */
const LISTS: readonly string[] = ["tag", "meter_category", "cost_center"];
/** Much in a statement takes one thread: compiling regular expressions, sorting what is inserted. */
const STATEMENTS_AT_ONCE = 2;

/** Begins a work: which loads it is about, and under which version of the rules, is decided now. */
export async function beginWork(warehouse: Warehouse, { signal, ...work }: TrackingWork): Promise<void> {
  await begin(warehouse, { ...idsOf(work), kind: work.kind }, signal);
}

/**
 * Finds the rule of each resource of a work, by the rules that its evaluation has. What it writes is seen when the
 * evaluation is finished; of an extension it is the same as what there is, or newer.
 */
export async function doWork(warehouse: Warehouse, work: TrackingWork): Promise<void> {
  const { signal, kind, resourceIds, onProgress } = work;
  const ids = idsOf(work);
  const searches = await listSearches(warehouse, ids);
  const scope = resourceIds !== null ? "named" : kind === "extension" ? "changed" : "all";
  const columns = [...new Set(searches.map(({ column }) => column))];
  await stageSubjects(warehouse, { ...ids, scope, resource_ids: resourceIds ?? [], columns }, signal);
  const [{ resources } = { resources: 0 }] = await countSubjects(warehouse, ids);
  if (resources > 0) {
    let assigned = 0;
    onProgress?.({ resources, assigned });
    if (searches.some(({ has_always }) => has_always)) await matchAlways(warehouse, ids, signal);
    await inBatches(searches, STATEMENTS_AT_ONCE, (search) => match(warehouse, ids, search, signal));
    const [{ candidates } = { candidates: 0 }] = await countCandidates(warehouse, { ...ids, resources });
    const groupCount = Math.max(resources / RESOURCES_AT_ONCE, candidates / CANDIDATES_AT_ONCE);
    const size = Math.ceil(resources / Math.ceil(groupCount));
    const groups = Array.from({ length: Math.ceil(resources / size) }, (_, index) => index);
    await inBatches(groups, STATEMENTS_AT_ONCE, async (index) => {
      const first = index * size + 1;
      const last = Math.min(first + size - 1, resources);
      await assign(warehouse, { ...ids, first, last }, signal);
      onProgress?.({ resources, assigned: (assigned += last - first + 1) });
    });
  }
  if (kind === "extension") await remove(warehouse, ids, signal);
}

async function match(
  warehouse: Warehouse,
  ids: Ids,
  { column, ways, batch }: z.infer<typeof SearchRow>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const isList = LISTS.includes(column);
  const isWhole = ways.includes("equals");
  const keys = `${column}_keys`;
  if (isWhole && isList) await matchListTexts(warehouse, { ...ids, column, keys }, signal);
  else if (isWhole) await matchTexts(warehouse, { ...ids, column }, signal);
  else if (isList) await matchListPatterns(warehouse, { ...ids, column, keys, ways, batch }, signal);
  else await matchPatterns(warehouse, { ...ids, column, ways, batch }, signal);
}

function idsOf({ evaluationId, workId }: Pick<TrackingWork, "evaluationId" | "workId">): Ids {
  return { evaluation_id: evaluationId, work_id: workId };
}
