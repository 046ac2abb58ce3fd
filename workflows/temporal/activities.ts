import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  proxyActivities,
  proxyLocalActivities,
} from "@temporalio/workflow";
import type { ActivityOptions } from "@temporalio/workflow";
import type { Activities } from "../../activities/activities.ts";
import type { BeginImportInput, BegunImport } from "../../activities/begin-import.ts";
import type { TemporalActivities } from "../../activities/temporal.ts";
import { PERMANENT_ERRORS } from "../../src/domain/errors.ts";
import type { ThrottledError } from "../../src/domain/errors.ts";
import { nameOfExtraction } from "../../src/domain/extraction-name.ts";
import { knownFailure } from "./failures.ts";
import { waitSeconds } from "./timer.ts";

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
const quick = proxyActivities<TemporalActivities>({
  ...LIMITS,
  startToCloseTimeout: "10 minutes",
  retry: { ...RETRY, nonRetryableErrorTypes: [...PERMANENT_ERRORS] },
});

/**
 * The same for what takes milliseconds, made by the worker that has the workflow at hand: it spares the ways to Temporal
 * and back, which take longer than the work itself. There is one attempt, far shorter than a workflow's task may take.
 */
const atHand = proxyLocalActivities<TemporalActivities>({
  startToCloseTimeout: "4 seconds",
  retry: { maximumAttempts: 1 },
});

/** The same for what may also take minutes: that is soon begun anew by an activity of its own. */
const briefly = proxyLocalActivities<TemporalActivities>({
  startToCloseTimeout: "2 seconds",
  retry: { maximumAttempts: 1 },
});

/** Work on rows: a 1 GB part takes minutes, and a stuck one is noticed by the heartbeat. */
const LONG = {
  ...LIMITS,
  startToCloseTimeout: "2 hours",
  // An overwritten file does not come back: the source is listed anew instead.
  retry: { ...RETRY, nonRetryableErrorTypes: [...PERMANENT_ERRORS, "OverwrittenError"] },
} satisfies ActivityOptions;
const long = proxyActivities<TemporalActivities>(LONG);

/** The same where there are several: any worker may take one, not first of all the one that has the workflow at hand. */
const spread = proxyActivities<TemporalActivities>({ ...LONG, allowEagerDispatch: false });

/** The same for pages of an API, of which some allow only some thousand items in a minute. */
const paged = proxyActivities<TemporalActivities>({
  ...LONG,
  startToCloseTimeout: "12 hours",
  retry: { ...LONG.retry, maximumAttempts: 5 }, // each reads all pages again
});

/** Questions to an API, each repeated by its client for minutes before it fails. */
const asking = proxyActivities<TemporalActivities>({
  ...LIMITS,
  startToCloseTimeout: "15 minutes",
  retry: { ...LONG.retry, maximumAttempts: 8 }, // each counts against quotas; a report that is gone is asked for anew
});

/** Assignments of resources to rules, a million in a minute. Few attempts: the next import makes up for it. */
const tracking = proxyActivities<TemporalActivities>({
  ...LIMITS,
  startToCloseTimeout: "1 hour",
  retry: { ...RETRY, maximumAttempts: 5, nonRetryableErrorTypes: [...PERMANENT_ERRORS] },
});

/** The activities on whichever worker is free; they fail as the orchestration knows it. */
export const activities: Omit<TemporalActivities, "beginImport"> = {
  findSource: known(first(atHand.findSource, quick.findSource)),
  listSources: known(quick.listSources),
  planRuns: known(first(briefly.planRuns, quick.planRuns)),
  beginExtraction: known((input) =>
    asking.beginExtraction.executeWithOptions({ summary: nameOfExtraction(input.extraction) }, [input]),
  ),
  lookAtExtraction: known((input) =>
    asking.lookAtExtraction.executeWithOptions({ summary: nameOfExtraction(input.extraction) }, [input]),
  ),
  loadPart: known((input) => loading(input).loadPart.executeWithOptions({ summary: input.part.path }, [input])),
  verifyRun: known(first(atHand.verifyRun, quick.verifyRun)),
  publishRun: known(long.publishRun),
  finishRun: known(first(atHand.finishRun, long.finishRun)),
  finishLastRun: known(first(atHand.finishLastRun, long.finishLastRun)),
  // What became of the work is written down also when the work was cancelled.
  recordRun: known(always(first(atHand.recordRun, quick.recordRun))),
  recordAttempt: known(always(first(atHand.recordAttempt, quick.recordAttempt))),
  checkTracking: known(first(atHand.checkTracking, tracking.checkTracking)),
  trackResources: known(tracking.trackResources),
  prune: known(long.prune),
  startPrune: known(first(atHand.startPrune, quick.startPrune)),
  endImport: known(always(first(atHand.endImport, quick.endImport))),
};

/** Begins an import where the workflow is at hand; gives null where that failed, so that its steps alone take over. */
export const beginAtHand = known(first<[BeginImportInput], BegunImport | null>(atHand.beginImport, async () => null));

/** Those of which the work begins anew where it has failed at hand, wherever the workflow is. */
export const apart: Pick<Activities, "findSource" | "planRuns" | "recordAttempt" | "recordRun"> = {
  findSource: known(quick.findSource),
  planRuns: known(quick.planRuns),
  recordAttempt: known(always(quick.recordAttempt)),
  recordRun: known(always(quick.recordRun)),
};

function loading({ source, partCount }: Parameters<TemporalActivities["loadPart"]>[0]) {
  if (source.kind === "ea" || source.kind === "usage-details") return paged;
  return partCount === 1 ? long : spread;
}

/**
 * Does the one, and the other where that fails: it is repeated with patience, and everybody can see it. Whoever asked to
 * be left alone for a while is.
 */
function first<Given extends unknown[], Result>(
  one: (...given: Given) => Promise<Result>,
  other: (...given: Given) => Promise<Result>,
) {
  return async (...given: Given): Promise<Result> => {
    try {
      return await one(...given);
    } catch (error) {
      const failure = failureAtHand(error);
      if (CancellationScope.current().consideredCancelled || failure?.nonRetryable === true) throw error;
      const seconds = retryAfterOf(failure);
      if (seconds > 0) await waitSeconds(seconds);
      return other(...given);
    }
  };
}

/** What the activity itself failed with; it may come unwrapped. */
function failureAtHand(error: unknown): ApplicationFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? cause : undefined;
}

function retryAfterOf(failure: ApplicationFailure | undefined): number {
  const [detail] = (failure?.details ?? []) as Partial<Pick<ThrottledError, "retryAfterSeconds">>[];
  return detail?.retryAfterSeconds ?? 0;
}

function always<Given extends unknown[], Result>(activity: (...given: Given) => Promise<Result>) {
  return (...given: Given): Promise<Result> => CancellationScope.nonCancellable(() => activity(...given));
}

function known<Given extends unknown[], Result>(activity: (...given: Given) => Promise<Result>) {
  return async (...given: Given): Promise<Result> => {
    try {
      return await activity(...given);
    } catch (error) {
      throw knownFailure(error);
    }
  };
}
