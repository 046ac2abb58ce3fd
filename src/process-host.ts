import { setTimeout as sleep } from "node:timers/promises";
import type { Activities } from "../activities/activities.ts";
import { importRun } from "../workflows/import-run.ts";
import type { ImportHost } from "../workflows/import-source.ts";
import { watchActivities } from "./import-events.ts";
import type { ImportListener } from "./import-events.ts";
import { repeatQuestions } from "./repeat-questions.ts";

/** What the process gives to imports that run in it. */
export type ProcessHostOptions = {
  readonly activities: Activities;
  /** Ends waiting. */
  readonly signal: AbortSignal;
  /** Hears of what happens. */
  readonly tell?: ImportListener;
  /** Is given every wait for an API, where something else can be done meanwhile. */
  readonly aside?: (wait: () => Promise<void>) => Promise<void>;
};

/** The host that is nothing but this process: it waits by its own clock, and repeats by itself what Temporal would. */
export function createProcessHost(options: ProcessHostOptions): ImportHost {
  const { activities, signal, tell = () => undefined, aside = (wait) => wait() } = options;
  const inLoad = (seconds: number) => sleep(seconds * 1000, undefined, { signal });
  const forAnswer = (seconds: number) => aside(() => inLoad(seconds));
  const watched = watchActivities(repeatQuestions(activities, { forAnswer, inLoad }, tell), tell);
  return {
    activities: watched,
    importRun: (input) => importRun(watched, input),
    gate: () => Promise.resolve(),
    sleep: forAnswer,
  };
}
