import { ApplicationFailure } from "@temporalio/common";
import type { ProgressListener } from "../progress.ts";
import type { Temporal } from "./connect.ts";
import { createHearer } from "./hear-history.ts";
import { errorOf, firstOf, messageOf, readEvents, timeOf } from "./history.ts";
import type { Execution, HistoryEvent } from "./history.ts";
import { watchExecutions } from "./watch.ts";
import type { OpenExecution } from "./watch.ts";

/** How a workflow ended, and how long it took. */
export type WorkflowEnd = Ended & { readonly workflowId: string; readonly milliseconds: number };

type Ended =
  | { readonly state: "completed"; readonly result: unknown }
  | {
      readonly state: "failed" | "canceled" | "terminated" | "timed out";
      /** The name of the class of the error that ended it. */
      readonly errorName: string;
      readonly message: string;
    };

type Following = {
  readonly temporal: Temporal;
  readonly tell: ProgressListener;
  readonly signal: AbortSignal;
  readonly open: Set<OpenExecution>;
};

/** The children whose doings are told, too. */
const FOLLOWED: readonly string[] = ["importSource", "importRun"];

/**
 * Tells what a workflow and its children do until it has ended; what they have done already comes first. That is read
 * from their histories, for which no worker is needed. Throws when the signal says so; the workflow goes on.
 */
export async function followWorkflow(
  temporal: Temporal,
  execution: Execution,
  tell: ProgressListener,
  signal: AbortSignal,
): Promise<WorkflowEnd> {
  const open = new Set<OpenExecution>();
  const ended = new AbortController();
  const watching = watchExecutions({ temporal, open, tell, signal: AbortSignal.any([signal, ended.signal]) });
  try {
    return await followOne({ temporal, tell, signal, open }, execution);
  } finally {
    ended.abort();
    await watching;
  }
}

async function followOne(following: Following, execution: Execution): Promise<WorkflowEnd> {
  const { temporal, tell, signal, open } = following;
  const { hear, loading, asking } = createHearer(execution.workflowId, tell);
  const followed: OpenExecution = { execution, loading, asking };
  const children: Promise<unknown>[] = [];
  let begin: number | undefined;
  open.add(followed);
  try {
    for await (const event of readEvents(temporal, execution, signal)) {
      begin ??= timeOf(event.eventTime);
      const child = startedChild(event);
      // What a child ends with is its parent's to tell.
      if (child !== undefined) children.push(followOne(following, child).catch(() => undefined));
      if (isEnd(event)) {
        open.delete(followed);
        await Promise.all(children);
      }
      hear(event);
      const next = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
      if (next) return await followOne(following, { ...execution, runId: next });
      const end = endOf(event);
      if (end !== undefined) {
        return { ...end, workflowId: execution.workflowId, milliseconds: timeOf(event.eventTime) - begin };
      }
    }
  } finally {
    open.delete(followed);
  }
  throw new Error(`${execution.workflowId}: its history does not end`);
}

function startedChild(event: HistoryEvent): Execution | undefined {
  const started = event.childWorkflowExecutionStartedEventAttributes;
  if (!started || !FOLLOWED.includes(started.workflowType?.name ?? "")) return undefined;
  const { workflowId, runId } = started.workflowExecution ?? {};
  return workflowId && runId ? { workflowId, runId } : undefined;
}

function isEnd(event: HistoryEvent): boolean {
  return endOf(event) !== undefined || Boolean(event.workflowExecutionContinuedAsNewEventAttributes);
}

function endOf(event: HistoryEvent): Ended | undefined {
  const {
    workflowExecutionCompletedEventAttributes: completed,
    workflowExecutionFailedEventAttributes: failed,
    workflowExecutionTimedOutEventAttributes: timedOut,
    workflowExecutionCanceledEventAttributes: canceled,
    workflowExecutionTerminatedEventAttributes: terminated,
  } = event;
  if (completed) return { state: "completed", result: firstOf(completed.result) };
  if (failed) {
    const error = errorOf(failed.failure);
    const errorName = error instanceof ApplicationFailure ? (error.type ?? error.name) : error.name;
    return { state: "failed", errorName, message: messageOf(failed.failure) };
  }
  if (timedOut) return { state: "timed out", errorName: "TimeoutFailure", message: "it took too long" };
  if (canceled) return { state: "canceled", errorName: "AbortError", message: "it was canceled" };
  if (terminated) {
    return { state: "terminated", errorName: "TerminatedFailure", message: terminated.reason ?? "it was terminated" };
  }
  return undefined;
}
