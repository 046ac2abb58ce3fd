import { CancellationScope, condition, defineQuery, defineUpdate, setHandler } from "@temporalio/workflow";
import type { Activities } from "../../activities/activities.ts";
import type { Load } from "../../src/domain/load.ts";
import type { Part, Run } from "../../src/domain/run.ts";
import { MESSAGES } from "../../src/domain/workflow-names.ts";
import type { RunProgress } from "../progress.ts";
import { knownFailure, named } from "./failures.ts";
import type { Gate } from "./gate.ts";

/** Which part to begin anew, by its path. */
export type RetryPart = { readonly part: string };

type LoadPart = Activities["loadPart"];

type PartState = {
  readonly part: Part;
  state: "waiting" | "loading" | "loaded" | "failed";
  error: string;
  /** Somebody asked for a new attempt, which has not begun yet. */
  isWanted: boolean;
  /** Ends the attempt that is under way. */
  stop: () => void;
};

const retryPart = defineUpdate<void, [RetryPart]>(MESSAGES.retryPart);
const progress = defineQuery<RunProgress>(MESSAGES.progress);

/**
 * The parts of a run: loads them, waits while the run is paused, begins one anew when asked to by the update
 * `retryPart`, and answers the query `progress`. A part that fails while the run is paused waits to be tried again.
 */
export function watchParts(run: Run, gate: Gate, load: LoadPart) {
  const parts = new Map(
    run.parts.map((part): [string, PartState] => [
      part.path,
      { part, state: "waiting", error: "", isWanted: false, stop: () => undefined },
    ]),
  );
  const startedAt = Date.now();
  const sums = { rows: 0, rejected: 0, bytes: 0, lastEnd: startedAt };
  let state: RunProgress["state"] = "loading";

  setHandler(
    retryPart,
    ({ part: path }) => {
      const part = requirePart(parts, run, path);
      if (part.state === "waiting") return; // its first attempt is still to come
      part.isWanted = true;
      part.stop();
    },
    { validator: ({ part }: RetryPart) => void requirePart(parts, run, part) },
  );
  setHandler(progress, () =>
    describe(run, { parts: [...parts.values()], state, isPaused: gate.isPaused(), startedAt, ...sums }),
  );

  return {
    /** Says what the run is at. */
    enter: (next: RunProgress["state"]) => void (state = next),
    loadPart: async (input: Parameters<LoadPart>[0]): Promise<Load> => {
      const part = requirePart(parts, run, input.part.path);
      await gate.pass();
      for (;;) {
        try {
          const loaded = await attempt(part, () => load(input));
          sums.rows += loaded.rowsLoaded;
          sums.rejected += loaded.rowsRejected;
          sums.bytes += part.part.byteCount;
          sums.lastEnd = Date.now();
          return loaded;
        } catch (error) {
          if (CancellationScope.current().consideredCancelled || (!part.isWanted && !gate.isPaused())) throw error;
          await untilWanted(part, gate);
        }
      }
    },
  };
}

async function attempt(part: PartState, load: () => Promise<Load>): Promise<Load> {
  const scope = new CancellationScope();
  Object.assign(part, { state: "loading", error: "", isWanted: false, stop: () => scope.cancel() });
  try {
    const loaded = await scope.run(load);
    part.state = "loaded";
    return loaded;
  } catch (error) {
    part.state = "failed";
    part.error = error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    part.stop = () => undefined;
  }
}

async function untilWanted(part: PartState, gate: Gate): Promise<void> {
  if (part.isWanted) return;
  try {
    await condition(() => part.isWanted || !gate.isPaused());
  } catch (error) {
    throw knownFailure(error);
  }
}

function requirePart(parts: ReadonlyMap<string, PartState>, run: Run, path: string): PartState {
  const part = parts.get(path);
  if (part === undefined) {
    const some = [...parts.keys()].slice(0, 3).join(", ");
    throw named("InvalidRequestError", `${JSON.stringify(path)} is no part of run ${run.runId}. It has: ${some}, …`);
  }
  if (part.state === "loaded") {
    throw named("InvalidRequestError", `${path} is loaded. Import the run with overwrite to load it again.`);
  }
  return part;
}

type Standing = {
  readonly parts: readonly PartState[];
  readonly state: RunProgress["state"];
  readonly isPaused: boolean;
  readonly startedAt: number;
  readonly rows: number;
  readonly rejected: number;
  readonly bytes: number;
  readonly lastEnd: number;
};

function describe({ source, dataset, month, runId }: Run, standing: Standing): RunProgress {
  const { parts, state, isPaused, startedAt, rows, rejected, bytes, lastEnd } = standing;
  const inState = (wanted: PartState["state"]) => parts.filter((part) => part.state === wanted);
  const seconds = (lastEnd - startedAt) / 1000;
  const perSecond = (amount: number) => (seconds === 0 ? null : Math.round(amount / seconds));
  const [done, failed, loading] = [inState("loaded"), inState("failed"), inState("loading")];
  return {
    source,
    dataset,
    month,
    runId,
    state,
    isPaused,
    parts: { total: parts.length, done: done.length, failed: failed.length, loading: loading.length },
    rows,
    rejected,
    bytesDone: bytes,
    byteCount: parts.reduce((sum, { part }) => sum + part.byteCount, 0),
    startedAt: new Date(startedAt).toISOString(),
    bytesPerSecond: perSecond(bytes),
    rowsPerSecond: perSecond(rows),
    loading: loading.map(({ part }) => part.path),
    failures: failed.map(({ part, error }) => ({ part: part.path, error })),
  };
}
