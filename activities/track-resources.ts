import { once } from "node:events";
import type { Warehouse } from "../clickhouse/client.ts";
import { evaluateTracking, trackResources as trackChanges } from "../clickhouse/tracking-evaluation.ts";
import type { TrackingEvaluation } from "../clickhouse/tracking-evaluation.ts";
import type { ActivityDependencies } from "./activities.ts";

/** Which resources to assign to rules. Plain JSON. */
export type TrackResourcesInput = {
  /** All of them, also where nothing has changed. */
  readonly anew: boolean;
};

/** What came of it. Plain JSON of bounded size, however many rules are broken. */
export type TrackingReport = TrackingEvaluation & {
  /** How many rules could not take part; `brokenRules` has the first of them. */
  readonly brokenCount: number;
};

const BROKEN_NAMED = 100;
const REASON_LENGTH = 500;

/** The end of the last evaluation that was begun in this process. */
const turns = new WeakMap<Warehouse, Promise<unknown>>();

/**
 * Brings the rules of resources up to date, or assigns all resources anew. Readers see it at once when it is finished;
 * what is killed before leaves nothing that anybody sees. One at a time in a process: imports often end together, and the
 * first one has done the others' work by then.
 */
export function createTrackResources({ warehouse, signal, onTracking }: ActivityDependencies) {
  return async function trackResources({ anew }: TrackResourcesInput): Promise<TrackingReport> {
    const track = anew ? evaluateTracking : trackChanges;
    try {
      return bounded(await inTurn(warehouse, signal, () => track(warehouse, { signal, onProgress: onTracking })));
    } catch (error) {
      signal.throwIfAborted(); // whatever failed because of that did not fail
      throw error;
    }
  };
}

async function inTurn<Result>(warehouse: Warehouse, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  const before = turns.get(warehouse) ?? Promise.resolve();
  const turn = untilAborted(signal, before).then(work);
  turns.set(warehouse, Promise.allSettled([before, turn]));
  return turn;
}

async function untilAborted(signal: AbortSignal, waited: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  signal.throwIfAborted();
  await Promise.race([waited, once(signal, "abort", { signal: over.signal })]);
  over.abort();
  signal.throwIfAborted();
}

function bounded(evaluation: TrackingEvaluation): TrackingReport {
  const { brokenRules } = evaluation;
  const named = brokenRules.slice(0, BROKEN_NAMED).map(({ id, reason }) => ({
    id,
    reason: reason.length <= REASON_LENGTH ? reason : `${reason.slice(0, REASON_LENGTH - 1)}…`,
  }));
  return { ...evaluation, brokenRules: named, brokenCount: brokenRules.length };
}
