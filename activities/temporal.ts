import { ApplicationFailure, Context } from "@temporalio/activity";
import type { TrackingProgress } from "../src/domain/tracking-progress.ts";
import { PERMANENT_ERRORS } from "../src/domain/errors.ts";
import { createActivities } from "./activities.ts";
import type { Activities, ActivityDependencies, LoadProgress } from "./activities.ts";
import { createBeginImport } from "./begin-import.ts";
import { createEndImport, createFinishLastRun } from "./end-import.ts";
import type { StartPruneInput } from "./end-import.ts";

/** What workers do: what every host does, what only Temporal can, and steps that are made in one for the sake of ways. */
export type TemporalActivities = Activities & {
  readonly startPrune: (input: StartPruneInput) => Promise<void>;
  readonly beginImport: ReturnType<typeof createBeginImport>;
  readonly endImport: ReturnType<typeof createEndImport>;
  readonly finishLastRun: ReturnType<typeof createFinishLastRun>;
};

const HEARTBEAT_MS = 2000;
/** The import is through by then, and nothing of it is held up. */
const PRUNE_DELAY = "1 second";
/** A run of many parts may have much to say of its rejects; the results of many runs have to stay small together. */
const MESSAGE_LENGTH = 4000;

/**
 * The activities for a worker of Temporal: each call has its own signal, tells every two seconds that it is alive and
 * how far it is, and fails by the name of its error. `watch` may hear of every
 * call.
 */
export function createTemporalActivities(
  shared: Omit<ActivityDependencies, "signal">,
  watch: (activities: Activities, signal: AbortSignal) => Activities = (activities) => activities,
): TemporalActivities {
  function host<Given extends unknown[], Result>(
    pick: (activities: Activities, until: (stop: AbortSignal) => Activities) => (...given: Given) => Promise<Result>,
  ) {
    return async (...given: Given): Promise<Result> => {
      const context = Context.current();
      const { cancellationSignal: signal } = context;
      let last: LoadProgress | TrackingProgress | undefined;
      const onProgress = (progress: LoadProgress) => {
        last = progress;
        shared.onProgress(progress);
      };
      const onTracking = (progress: TrackingProgress) => {
        last = progress;
        shared.onTracking?.(progress);
      };
      const bind = (stop: AbortSignal) =>
        watch(createActivities({ ...shared, signal: stop, onProgress, onTracking }), signal);
      const until = (stop: AbortSignal) => bind(AbortSignal.any([signal, stop]));
      // An activity at the workflow's hand has nobody to tell, and a limit shorter than anyone's patience.
      const timer = context.info.isLocal ? undefined : setInterval(() => context.heartbeat(last), HEARTBEAT_MS);
      try {
        return await pick(bind(signal), until)(...given);
      } catch (error) {
        signal.throwIfAborted(); // whatever failed because it was cancelled did not fail
        throw failureOf(error);
      } finally {
        clearInterval(timer);
      }
    };
  }
  return {
    findSource: host((activities) => activities.findSource),
    listSources: host((activities) => activities.listSources),
    planRuns: host((activities) => activities.planRuns),
    beginExtraction: host((activities) => activities.beginExtraction),
    lookAtExtraction: host((activities) => activities.lookAtExtraction),
    loadPart: host((activities) => activities.loadPart),
    verifyRun: host((activities) => activities.verifyRun),
    publishRun: host((activities) => activities.publishRun),
    recordRun: host((activities) => activities.recordRun),
    finishRun: host((activities) => activities.finishRun),
    recordAttempt: host((activities) => activities.recordAttempt),
    checkTracking: host((activities) => activities.checkTracking),
    trackResources: host((activities) => activities.trackResources),
    prune: host((activities) => activities.prune),
    startPrune,
    beginImport: host((activities, until) =>
      createBeginImport({ ...activities, planRuns: (input, stop) => until(stop).planRuns(input) }),
    ),
    endImport: host((activities) => createEndImport({ ...activities, startPrune })),
    finishLastRun: host((activities) => createFinishLastRun({ ...activities, startPrune })),
  };
}

/**
 * A failure in Temporal's terms, without its cause: that may quote rows, and histories are read by many. The place that
 * asked to be left alone says when the next attempt is due.
 */
function failureOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const seconds = "retryAfterSeconds" in error ? error.retryAfterSeconds : null;
  return ApplicationFailure.create({
    message: error.message.length <= MESSAGE_LENGTH ? error.message : `${error.message.slice(0, MESSAGE_LENGTH)}…`,
    type: error.name,
    nonRetryable: PERMANENT_ERRORS.includes(error.name),
    // Temporal keeps to the delay between the attempts of one activity; workflows see the details only.
    ...(typeof seconds === "number"
      ? { nextRetryDelay: seconds * 1000, details: [{ retryAfterSeconds: seconds }] }
      : {}),
  });
}

/**
 * Starts a prune of a source on the same task queue, unless one of that id is at it. It goes on by itself: an import
 * that has nothing left to do need not wait until it began, as it would have to for a child.
 */
async function startPrune({ workflowId, source, attributes }: StartPruneInput): Promise<void> {
  const { client, info } = Context.current();
  try {
    await client.workflow.start("prune", {
      workflowId,
      taskQueue: info.taskQueue,
      args: [{ sources: [source], evaluations: true }],
      typedSearchAttributes: [...attributes],
      startDelay: PRUNE_DELAY,
    });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "WorkflowExecutionAlreadyStartedError") throw error;
  }
}
