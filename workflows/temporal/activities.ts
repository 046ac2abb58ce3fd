import { ActivityCancellationType, CancellationScope, proxyActivities } from "@temporalio/workflow";
import type { Activities } from "../../activities/activities.ts";
import { PERMANENT_ERRORS } from "../../src/domain/errors.ts";
import { knownFailure } from "./failures.ts";

const RETRY = {
  initialInterval: "1 second",
  backoffCoefficient: 2,
  maximumInterval: "2 minutes",
  maximumAttempts: 20, // half an hour: a warehouse or an account that restarts is back by then
} as const;

const LIMITS = {
  heartbeatTimeout: "20 seconds", // a worker that lives says so every 2
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const;

/** Questions and small writes; a listing of a large container is the longest. */
const quick = proxyActivities<Activities>({
  ...LIMITS,
  startToCloseTimeout: "10 minutes",
  retry: { ...RETRY, nonRetryableErrorTypes: [...PERMANENT_ERRORS] },
});

/** Work on rows: a 1 GB part takes minutes, and a stuck one is noticed by the heartbeat. */
const long = proxyActivities<Activities>({
  ...LIMITS,
  startToCloseTimeout: "2 hours",
  // An overwritten file does not come back: the source is listed anew instead.
  retry: { ...RETRY, nonRetryableErrorTypes: [...PERMANENT_ERRORS, "OverwrittenError"] },
});

/** The activities on whichever worker is free; they fail as the orchestration knows it. */
export const activities: Activities = {
  findSource: known(quick.findSource),
  listSources: known(quick.listSources),
  planRuns: known(quick.planRuns),
  loadPart: known((input) => long.loadPart.executeWithOptions({ summary: input.part.path }, [input])),
  verifyRun: known(quick.verifyRun),
  publishRun: known(long.publishRun),
  // What became of the work is written down also when the work was cancelled.
  recordRun: known((record) => CancellationScope.nonCancellable(() => quick.recordRun(record))),
  recordAttempt: known((record) => CancellationScope.nonCancellable(() => quick.recordAttempt(record))),
  prune: known(long.prune),
};

function known<Given extends unknown[], Result>(activity: (...given: Given) => Promise<Result>) {
  return async (...given: Given): Promise<Result> => {
    try {
      return await activity(...given);
    } catch (error) {
      throw knownFailure(error);
    }
  };
}
