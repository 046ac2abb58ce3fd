import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  ContinueAsNew,
  isCancellation,
  TerminatedFailure,
  TimeoutFailure,
} from "@temporalio/workflow";

/**
 * A failure of Temporal as the orchestration knows failures: by the name that the activity's or child's own error had;
 * AbortError when this work is to stop.
 */
export function knownFailure(error: unknown): Error {
  if (isCancellation(error)) {
    return CancellationScope.current().consideredCancelled
      ? named("AbortError", "The work was cancelled.")
      : named("CancelledError", `${placeOf(error)} was cancelled by hand. Import again to go on.`);
  }
  const cause = causeOf(error);
  if (cause instanceof ApplicationFailure) return named(cause.type ?? "Error", cause.message);
  if (cause instanceof TimeoutFailure) {
    const silent =
      cause.timeoutType === "HEARTBEAT" ? "its worker fell silent" : `it took too long (${cause.timeoutType})`;
    return named(
      "TimeoutFailure",
      `${placeOf(error)}: ${silent}, time after time. See to the workers, then import again.`,
    );
  }
  if (cause instanceof TerminatedFailure) {
    return named("TerminatedFailure", `${placeOf(error)} was terminated. Import again to go on.`);
  }
  return cause instanceof Error ? cause : named("Error", String(cause));
}

/**
 * What leaves a workflow: a failure that ends it. A plain error would fail the workflow's task instead, which Temporal
 * repeats for ever.
 */
export function workflowFailure(error: unknown): unknown {
  if (error instanceof ContinueAsNew || error instanceof ApplicationFailure) return error;
  if (!(error instanceof Error)) return ApplicationFailure.nonRetryable(String(error));
  if (isCancellation(error) || error.name === "AbortError") return new CancelledFailure(error.message);
  return ApplicationFailure.nonRetryable(error.message, error.name);
}

/** An error as the shared code knows it. */
export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function causeOf(error: unknown): unknown {
  const wraps = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return wraps && error.cause !== undefined ? causeOf(error.cause) : error;
}

function placeOf(error: unknown): string {
  if (error instanceof ActivityFailure) return error.activityType;
  return error instanceof ChildWorkflowFailure ? (error.execution.workflowId ?? error.workflowType) : "The work";
}
