import type { Activities } from "../../activities/activities.ts";
import type { Source } from "../domain/source.ts";

/**
 * Imports one run of a source as an attempt that is written down like any other. Throws what the work throws, or why it
 * was aborted.
 */
export async function attempt<Result>(
  activities: Activities,
  { name }: Source,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  const begin = { source: name, runsFound: 1, runsImported: 0, runsFailed: 0, error: "" };
  const begun = await activities.recordAttempt({ ...begin, attempt: null, state: "running" });
  try {
    const result = await work();
    await activities.recordAttempt({ ...begin, attempt: begun, state: "done", runsImported: 1 });
    return result;
  } catch (error) {
    const failure: unknown = signal.aborted ? signal.reason : error;
    const message = failure instanceof Error ? failure.message : String(failure);
    const state = signal.aborted ? "canceled" : "failed";
    // The failure itself is what the caller must see, also when it cannot be written down.
    await activities
      .recordAttempt({ ...begin, attempt: begun, state, runsFailed: 1, error: message })
      .catch(() => undefined);
    throw failure;
  }
}
