import type { Warehouse } from "../../clickhouse/client.ts";
import { evaluateTracking, trackResources } from "../../clickhouse/tracking-evaluation.ts";
import type { TrackingEvaluation } from "../../clickhouse/tracking-evaluation.ts";
import { createPlaces } from "./places.ts";

/** Evaluates the tracking rules for the service: one evaluation and one trial at a time. */
export type TrackingDesk = {
  /** Assigns every resource anew; who asks before it has begun shares it with all others. */
  evaluate(): Promise<TrackingEvaluation>;
  /** Has the assignments brought up to date with what was written, without being waited for. */
  catchUp(): void;
  /** Whether an evaluation is under way or waits for its turn. */
  readonly isBusy: () => boolean;
  /** What went wrong with the last one that nobody waited for; null where nothing did. */
  readonly failure: () => string | null;
  /** Tries rules that do not hold, when it is its turn. */
  try<T>(signal: AbortSignal, trial: () => Promise<T>): Promise<T>;
  /** Breaks off what is under way. */
  close(): Promise<void>;
};

/** A trial may take as much of the warehouse as an evaluation does. */
const TRIALS_AT_ONCE = 1;
const MOST_WAITING = 8;

const WORKS = { anew: evaluateTracking, changes: trackResources };

/** Makes the desk of a service; `complain` hears of what goes wrong where nobody waits. */
export function createTrackingDesk(
  warehouse: Warehouse,
  complain: (error: unknown) => void = () => undefined,
): TrackingDesk {
  const stop = new AbortController();
  const { signal } = stop;
  const trials = createPlaces(TRIALS_AT_ONCE, MOST_WAITING);
  const waiting = new Map<keyof typeof WORKS, Promise<TrackingEvaluation>>();
  let last: Promise<unknown> = Promise.resolve();
  let count = 0;
  let failure: string | null = null;

  function queue(kind: keyof typeof WORKS): Promise<TrackingEvaluation> {
    const known = waiting.get(kind);
    if (known !== undefined) return known;
    const turn = last.then(async () => {
      waiting.delete(kind); // what is written from now on is for the next one
      signal.throwIfAborted();
      return WORKS[kind](warehouse, { signal });
    });
    waiting.set(kind, turn);
    count++;
    last = turn.then(
      () => count--,
      () => count--,
    );
    return turn;
  }

  return {
    evaluate: () => queue("anew"),
    catchUp() {
      queue("changes")
        .then(() => (failure = null))
        .catch((error: unknown) => {
          if (signal.aborted) return;
          failure = error instanceof Error ? error.message : String(error);
          complain(error);
        });
    },
    isBusy: () => count > 0,
    failure: () => failure,
    async try(caller, trial) {
      const free = await trials.take(caller);
      try {
        return await trial();
      } finally {
        free();
      }
    },
    async close() {
      stop.abort();
      await last;
    },
  };
}
