import { ChildWorkflowCancellationType, ParentClosePolicy, startChild } from "@temporalio/workflow";
import type { Workflow, WorkflowResultType } from "@temporalio/workflow";
import type { WorkflowName } from "../../src/domain/workflow-names.ts";
import { knownFailure, named } from "./failures.ts";
import type { Gate } from "./gate.ts";
import type { SearchAttributes } from "./search-attributes.ts";

/** Which child to run. */
export type Child<W extends Workflow> = {
  readonly type: WorkflowName;
  /** Two starts of the same id are one: the second fails with AlreadyRunningError while the first is at it. */
  readonly id: string;
  readonly input: Parameters<W>[0];
  readonly attributes: SearchAttributes;
};

/** Runs a child workflow to its end, pausing it when its parent is paused. */
export async function runChild<W extends Workflow>(gate: Gate, child: Child<W>): Promise<WorkflowResultType<W>> {
  try {
    const handle = await startChild<Workflow>(child.type, {
      workflowId: child.id,
      args: [child.input],
      typedSearchAttributes: [...child.attributes],
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL, // it stops its loads and writes down what became of it
    });
    gate.adopt(handle);
    try {
      return (await handle.result()) as WorkflowResultType<W>;
    } finally {
      gate.letGo(handle);
    }
  } catch (error) {
    if (isAlreadyStarted(error)) {
      throw named("AlreadyRunningError", `${child.id}: another import is at it.`);
    }
    throw knownFailure(error);
  }
}

function isAlreadyStarted(error: unknown): boolean {
  return error instanceof Error && error.name === "WorkflowExecutionAlreadyStartedError";
}
