import { randomUUID } from "node:crypto";
import { z } from "zod";
import { WarehouseError } from "../src/domain/errors.ts";
import { compileRules } from "../src/domain/tracking-compile.ts";
import type { RuleSet, TrackingFallback } from "../src/domain/tracking-rule.ts";
import { TRACKING_FALLBACKS } from "../src/domain/tracking-rule.ts";
import type { Warehouse } from "./client.ts";
import { Count, defineQuery, defineStatement } from "./query.ts";
import { saveCompiled } from "./tracking-compiled.ts";
import { describeBroken, findBrokenPatterns } from "./tracking-patterns.ts";
import { clearWork, dropEvaluation } from "./tracking-retention.ts";
import { readRuleSet } from "./tracking-rules.ts";
import type { BrokenRule } from "./tracking-rules.ts";
import { beginWork, doWork } from "./tracking-work.ts";
import type { TrackingWork } from "./tracking-work.ts";

/** What an evaluation has found. Plain JSON. */
export type TrackingEvaluation = {
  readonly evaluationId: string;
  /** Over all resources, over those that were new or had changed, or nothing to do. */
  readonly kind: "whole" | "extension" | "none";
  /** Resources that it was about, those with a rule, and those that several rules match. */
  readonly resources: number;
  readonly assigned: number;
  readonly conflicts: number;
  /** Rules that could not take part. */
  readonly brokenRules: readonly BrokenRule[];
  readonly seconds: number;
};

/** An evaluation of rules that do not hold. */
export type TrackingTrial = Omit<TrackingEvaluation, "kind"> & {
  /** Removes everything of it. */
  readonly discard: () => Promise<void>;
};

type Options = Pick<Partial<TrackingWork>, "signal" | "onProgress">;

type Current = {
  readonly evaluationId: string;
  readonly fallback: TrackingFallback;
  readonly hasOtherRules: boolean;
  readonly hasOtherLoads: boolean;
};

/** How many rules that could not take part are kept with an evaluation, and how much of their reasons: they travel in a URL. */
const MOST_BROKEN = 100;
const MOST_CHARACTERS = 500;

const Flag = z.union([z.boolean(), z.number()]).transform(Boolean);
const CurrentRow = z
  .object({
    evaluation_id: z.string(),
    fallback: z.enum(TRACKING_FALLBACKS),
    has_other_rules: Flag,
    has_other_loads: Flag,
  })
  .transform((row): Current => ({
    evaluationId: row.evaluation_id,
    fallback: row.fallback,
    hasOtherRules: row.has_other_rules,
    hasOtherLoads: row.has_other_loads,
  }));
const UsedRow = z.object({ is_used: Flag });
const WorkRow = z.object({ resources: Count, assigned: Count, conflicts: Count });

const findCurrent = defineQuery<Record<string, never>, Current>("current-tracking", CurrentRow);
const askUsed = defineQuery<Record<string, never>, z.infer<typeof UsedRow>>("tracking-used", UsedRow);
const findWork = defineQuery<{ evaluation_id: string; work_id: string }, z.infer<typeof WorkRow>>(
  "tracking-work",
  WorkRow,
);
const finish = defineStatement<{
  evaluation_id: string;
  work_id: string;
  kind: string;
  fallback: string;
  rules: number;
  broken_ids: readonly string[];
  broken_reasons: readonly string[];
}>("finish-tracking");

/**
 * Assigns every resource that readers see to its rule, anew. All of it is seen at once when it is finished; of several at
 * once the last to begin is the one that counts. Rules that cannot be read or compiled are left out.
 */
export async function evaluateTracking(warehouse: Warehouse, options: Options = {}): Promise<TrackingEvaluation> {
  const started = performance.now();
  const evaluationId = randomUUID();
  const work: TrackingWork = { ...aWork(evaluationId, options), kind: "whole" };
  const found = await orElse(
    () => clearWork(warehouse, evaluationId), // no more: if nobody heard that it was finished, readers see it
    async () => {
      await beginWork(warehouse, work);
      const { rules, broken, fallback } = await readRuleSet(warehouse);
      return evaluate(warehouse, work, { rules, fallback }, broken);
    },
  );
  await extendTracking(warehouse, options); // with what was published meanwhile
  return { ...found, kind: "whole", seconds: secondsSince(started) };
}

/**
 * Assigns the resources that the current evaluation lacks, or that have changed since, by the rules that it has; kind
 * `none` where there are none, and where there is no evaluation.
 */
export async function extendTracking(warehouse: Warehouse, options: Options = {}): Promise<TrackingEvaluation> {
  const started = performance.now();
  const total = { resources: 0, assigned: 0, conflicts: 0 };
  for (;;) {
    const [current] = await findCurrent(warehouse, {});
    const evaluationId = current?.evaluationId ?? "";
    if (current === undefined || !current.hasOtherLoads) {
      const kind = total.resources === 0 ? "none" : "extension";
      return { evaluationId, kind, ...total, brokenRules: [], seconds: secondsSince(started) };
    }
    const workId = randomUUID();
    const work: TrackingWork = { ...aWork(evaluationId, options), workId, kind: "extension" };
    const found = await orElse(
      () => clearWork(warehouse, workId),
      async () => {
        await beginWork(warehouse, work);
        return complete(warehouse, work, { fallback: current.fallback, rules: 0, broken: [] });
      },
    );
    total.resources += found.resources;
    total.assigned += found.assigned;
    total.conflicts += found.conflicts;
  }
}

/**
 * Brings the assignments up to date: anew where rules or options were written since, else for what is new or has changed.
 * Does nothing where there never were rules.
 */
export async function trackResources(warehouse: Warehouse, options: Options = {}): Promise<TrackingEvaluation> {
  const [current] = await findCurrent(warehouse, {});
  const isUpToDate = current === undefined ? await isWithoutRules(warehouse) : !current.hasOtherRules;
  return isUpToDate ? extendTracking(warehouse, options) : evaluateTracking(warehouse, options);
}

/**
 * Evaluates rules that do not hold, over all resources that readers see or those that are named by their ids. No view shows
 * what it finds; it stays under its evaluation id until it is discarded, with what each condition has found.
 */
export async function tryRules(
  warehouse: Warehouse,
  ruleSet: RuleSet,
  { resourceIds, ...options }: Options & { readonly resourceIds?: readonly string[] | undefined } = {},
): Promise<TrackingTrial> {
  const started = performance.now();
  const evaluationId = randomUUID();
  const work: TrackingWork = { ...aWork(evaluationId, options), kind: "trial", resourceIds: resourceIds ?? null };
  const discard = () => dropEvaluation(warehouse, evaluationId);
  const found = await orElse(discard, async () => {
    await beginWork(warehouse, work);
    return evaluate(warehouse, work, ruleSet, []);
  });
  return { ...found, seconds: secondsSince(started), discard };
}

/** Whether there is anything for trackResources to do. It takes milliseconds: every import asks. */
export async function isTrackingBehind(warehouse: Warehouse): Promise<boolean> {
  const [used] = await askUsed(warehouse, {});
  if (used?.is_used === false) return false;
  const [current] = await findCurrent(warehouse, {});
  if (current === undefined) return !(await isWithoutRules(warehouse));
  return current.hasOtherRules || current.hasOtherLoads;
}

function aWork(evaluationId: string, { signal, onProgress }: Options): Omit<TrackingWork, "kind"> {
  return { evaluationId, workId: evaluationId, resourceIds: null, signal, onProgress };
}

/** Does something; if it fails, what it leaves is cleared away. Of a process that is killed a prune does that. */
async function orElse<Result>(clear: () => Promise<void>, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await clear().catch(() => undefined); // what the work failed of says more
    throw error;
  }
}

async function isWithoutRules(warehouse: Warehouse): Promise<boolean> {
  const { rules, broken, fallback } = await readRuleSet(warehouse);
  return rules.length + broken.length === 0 && fallback === "none";
}

type Found = Omit<TrackingEvaluation, "kind" | "seconds">;

async function evaluate(
  warehouse: Warehouse,
  work: TrackingWork,
  { rules, fallback }: RuleSet,
  unreadable: readonly BrokenRule[],
): Promise<Found> {
  const refused = await findBrokenPatterns(warehouse, rules);
  const wrong = rules.map((rule) => ({ rule, reason: describeBroken(rule, refused) }));
  const broken = [
    ...unreadable,
    ...wrong.flatMap(({ rule: { id }, reason }) => (reason === undefined ? [] : { id, reason })),
  ];
  const compiled = compileRules(wrong.flatMap(({ rule, reason }) => (reason === undefined ? rule : [])));
  await saveCompiled(warehouse, work.evaluationId, compiled);
  return complete(warehouse, work, { fallback, rules: compiled.rules.length, broken });
}

async function complete(
  warehouse: Warehouse,
  work: TrackingWork,
  { fallback, rules, broken }: { fallback: TrackingFallback; rules: number; broken: readonly BrokenRule[] },
): Promise<Found> {
  const { evaluationId, workId, kind } = work;
  const ids = { evaluation_id: evaluationId, work_id: workId };
  const kept = broken.slice(0, MOST_BROKEN);
  await doWork(warehouse, work);
  work.signal?.throwIfAborted();
  await finish(warehouse, {
    ...ids,
    kind,
    fallback,
    rules,
    broken_ids: kept.map(({ id }) => id.slice(0, MOST_CHARACTERS)),
    broken_reasons: kept.map(({ reason }) => reason.slice(0, MOST_CHARACTERS)),
  });
  if (kind !== "trial") await clearWork(warehouse, workId);
  const [found] = await findWork(warehouse, ids);
  if (found !== undefined) return { evaluationId, ...found, brokenRules: broken };
  throw new WarehouseError(
    `Tracking: evaluation ${evaluationId} was finished, but the warehouse does not show it. Try again.`,
  );
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
