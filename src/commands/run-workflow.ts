import type { Context } from "../context.ts";
import { formatMoment } from "../domain/moment.ts";
import type { ProgressEvent } from "../progress.ts";
import type { Temporal } from "../temporal/connect.ts";
import { followWorkflow } from "../temporal/follow.ts";
import type { WorkflowEnd } from "../temporal/follow.ts";
import type { Execution } from "../temporal/history.ts";
import { startWorkflow } from "../temporal/start.ts";
import type { Start } from "../temporal/start.ts";
import { createProgress } from "./create-progress.ts";

/**
 * Starts a workflow, or joins the one that is at the same already, and shows how it goes on stderr. Undefined when
 * Ctrl-C has ended the showing: it goes on, and how to follow and cancel it has been told.
 */
export async function runWorkflow(
  context: Context,
  temporal: Temporal,
  start: Start,
): Promise<WorkflowEnd | undefined> {
  return (await startAndShow(context, temporal, start)).end;
}

/** The same for a workflow that has to begin now: of one that runs already the end is waited for first. */
export async function runWorkflowFromNow(
  context: Context,
  temporal: Temporal,
  start: Start,
): Promise<WorkflowEnd | undefined> {
  for (;;) {
    const { end, isJoined } = await startAndShow(context, temporal, start);
    if (end === undefined || !isJoined) return end;
  }
}

async function startAndShow(
  context: Context,
  temporal: Temporal,
  start: Start,
): Promise<{ readonly end: WorkflowEnd | undefined; readonly isJoined: boolean }> {
  const { execution, runsSince } = await startWorkflow(temporal, start);
  const { workflowId } = start;
  const note =
    runsSince === null
      ? `${workflowId} is started in Temporal at ${temporal.address}.`
      : `${workflowId} runs since ${formatMoment(runsSince.toISOString())} UTC: it is followed, nothing new was started.`;
  const end = await showWorkflow(context, temporal, execution, { event: "note", workflowId, note });
  return { end, isJoined: runsSince !== null };
}

/** Shows how a workflow goes on stderr until it has ended. Undefined as above. */
export async function showWorkflow(
  context: Context,
  temporal: Temporal,
  execution: Execution,
  first?: ProgressEvent,
): Promise<WorkflowEnd | undefined> {
  const { signal, note } = context;
  const progress = await createProgress(context);
  try {
    if (first !== undefined) progress.tell(first);
    const end = await followWorkflow(temporal, execution, progress.tell, signal);
    progress.stop();
    return end;
  } catch (error) {
    progress.stop();
    if (!signal.aborted) throw error;
    const { workflowId } = execution;
    note(
      `${workflowId} goes on. Follow it with \`billhouse follow ${workflowId}\`, ` +
        `cancel it with \`billhouse cancel ${workflowId}\`.`,
    );
    return undefined;
  }
}
