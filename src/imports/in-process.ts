import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { createActivities } from "../../activities/activities.ts";
import { createRunCounter } from "../../workflows/count-runs.ts";
import { errorsOf, importSource } from "../../workflows/import-source.ts";
import type { ImportSourceInput } from "../../workflows/import-source.ts";
import { readConfig } from "../config.ts";
import { AlreadyRunningError } from "../domain/errors.ts";
import type { ImportState } from "../http/dependencies.ts";
import { createProcessHost } from "../process-host.ts";
import { openExtractor, openStore } from "../sources/open-store.ts";
import { importIdOf } from "./imports.ts";
import type { ImportsHost, ImportsOptions } from "./imports.ts";
import { createPlaces } from "./places.ts";

type Work = {
  state: ImportState;
  readonly input: ImportSourceInput;
  readonly progress: () => ImportState["progress"];
  readonly ended: Promise<void>;
};

/** How many imports work at once; the others of this process wait. Who waits for an API does not work. */
const CONCURRENT_IMPORTS = 2;
/** How many imports that have ended are remembered. */
const REMEMBERED = 100;

/** Imports in this process: one of a source at a time, and cancelled with the service. */
export function createImportsInProcess(options: ImportsOptions): ImportsHost {
  const { env, cwd, warehouse, tell = () => undefined } = options;
  const { partLimitBytes } = readConfig(env, cwd);
  const stop = new AbortController();
  const { signal } = stop;
  const works = new Map<string, Work>(); // in the order in which they were started
  const places = createPlaces(CONCURRENT_IMPORTS);

  const bound = createActivities({
    warehouse,
    openStore: (source) => openStore(source, env),
    openExtractor: (source) => openExtractor(source, env),
    signal,
    onProgress: (loaded) => tell({ event: "part progress", ...loaded }),
    onTracking: (tracked) => tell({ event: "tracking progress", ...tracked }),
    partLimitBytes,
  });
  const host = createProcessHost({ activities: bound, signal, tell, aside: places.aside });

  async function work(input: ImportSourceInput, counter: ReturnType<typeof createRunCounter>): Promise<Outcome> {
    try {
      signal.throwIfAborted();
      const { onPlan, onOutcome } = counter;
      const report = await importSource({ ...host, onPlan, onOutcome }, input);
      const errors = errorsOf(report);
      if (errors.length === 0) return { state: "done", error: null, report };
      signal.throwIfAborted();
      return { state: "failed", error: errors.join("\n"), report };
    } catch (error) {
      // Whatever failed because the service stops did not fail: it was stopped.
      if (signal.aborted) return { state: "canceled", error: STOPPED, report: null };
      return { state: "failed", error: error instanceof Error ? error.message : String(error), report: null };
    }
  }

  function begin(input: ImportSourceInput): string {
    const { source } = input;
    const id = importIdOf(source, randomUUID());
    const counter = createRunCounter();
    const nothing = { endedAt: null, error: null, progress: null, report: null };
    const begun: Work = {
      input,
      progress: counter.counts,
      ended: end(),
      state: { id, source, state: "running", startedAt: new Date().toISOString(), ...nothing },
    };
    works.set(id, begun);
    return id;

    async function end(): Promise<void> {
      const outcome = await places.inside(() => work(input, counter));
      begun.state = { ...begun.state, ...outcome, endedAt: new Date().toISOString() };
    }
  }

  function forgetOld(): void {
    const over = [...works].filter(([, { state }]) => state.state !== "running");
    for (const [id] of over.slice(0, Math.max(over.length - REMEMBERED, 0))) works.delete(id);
  }

  const show = ({ state, progress }: Work): ImportState => ({ ...state, progress: progress() });

  return {
    async start(input) {
      const running = [...works.values()].find(
        ({ state }) => state.source === input.source && state.state === "running",
      );
      if (running === undefined) {
        forgetOld();
        return { id: begin(input), isNew: true };
      }
      const { id, startedAt } = running.state;
      if (isDeepStrictEqual(running.input, input)) return { id, isNew: false };
      throw new AlreadyRunningError(
        `${input.source}: an import with other options runs since ${startedAt}. Wait for it (/v1/imports/${id}), then ` +
          "start this one.",
      );
    },
    async find(id) {
      const found = works.get(id);
      return found === undefined ? undefined : show(found);
    },
    async list(limit) {
      return [...works.values()].slice(-limit).toReversed().map(show);
    },
    removeSchedule: () => Promise.resolve(), // only Temporal has them
    async close() {
      stop.abort();
      await Promise.all([...works.values()].map(({ ended }) => ended));
    },
  };
}

type Outcome = Pick<ImportState, "state" | "error" | "report">;

const STOPPED = "The service was stopped. Runs that were imported before stay visible. Import again to go on.";
