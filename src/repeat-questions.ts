import type { Activities } from "../activities/activities.ts";
import { ApiError, ThrottledError } from "./domain/errors.ts";
import { isApiSource } from "./domain/source.ts";
import type { ImportListener } from "./import-events.ts";

/** The attempts at what failed, and at what the service asked not to be asked for a while. */
const ATTEMPTS = { failed: 5, throttled: 20 };
const FIRST_WAIT_SECONDS = 1;

type Wait = (seconds: number) => Promise<void>;
/** How to wait: for an answer that tells how far something is, and in the middle of a load. */
type Waits = { readonly forAnswer: Wait; readonly inLoad: Wait };
type Failed = { readonly attempt: number; readonly error: string; readonly seconds: number };

/**
 * The same activities, which repeat what an API refused for the moment: after the time that it asked for, or else twice
 * as long each time. It is told what is waited for. Workers need none of it: Temporal's retries do that there.
 */
export function repeatQuestions(activities: Activities, waits: Waits, tell: ImportListener): Activities {
  async function repeat<Result>(
    ask: () => Promise<Result>,
    wait: Wait,
    say: (failed: Failed) => void,
  ): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask();
      } catch (error) {
        const isThrottled = error instanceof ThrottledError;
        if (!isThrottled && !(error instanceof ApiError)) throw error;
        if (attempt >= ATTEMPTS[isThrottled ? "throttled" : "failed"]) throw error;
        const seconds = (isThrottled ? error.retryAfterSeconds : null) ?? FIRST_WAIT_SECONDS * 2 ** (attempt - 1);
        say({ attempt: attempt + 1, error: error.message, seconds });
        await wait(seconds);
      }
    }
  }
  const sayOfExtraction =
    ({ source, extraction }: Parameters<Activities["beginExtraction"]>[0]) =>
    (failed: Failed) =>
      tell({ event: "extraction retried", source: source.name, ...extraction, ...failed });
  return {
    ...activities,
    beginExtraction: (input) =>
      repeat(() => activities.beginExtraction(input), waits.forAnswer, sayOfExtraction(input)),
    lookAtExtraction: (input) =>
      repeat(() => activities.lookAtExtraction(input), waits.forAnswer, sayOfExtraction(input)),
    async loadPart(input) {
      const { source, run, part } = input;
      if (!isApiSource(source)) return activities.loadPart(input);
      const name = { source: source.name, runId: run.runId, part: part.path };
      return repeat(
        () => activities.loadPart(input),
        waits.inLoad,
        (failed) => tell({ event: "part retried", ...name, ...failed }),
      );
    },
  };
}
