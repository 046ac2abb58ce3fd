import { sleep } from "@temporalio/workflow";
import { knownFailure } from "./failures.ts";

/** Waits by a timer of Temporal's, which outlives every worker. */
export async function waitSeconds(seconds: number): Promise<void> {
  try {
    await sleep(seconds * 1000);
  } catch (error) {
    throw knownFailure(error);
  }
}
