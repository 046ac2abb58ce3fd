import type { WorkflowExecutionDescription } from "@temporalio/client";
import { InvalidRequestError } from "../domain/errors.ts";
import { backfillId, IMPORT_ALL_ID, importId, PRUNE_ID } from "../domain/workflow-names.ts";
import type { Temporal } from "../temporal/connect.ts";
import { findWorkflow } from "../temporal/start.ts";

/**
 * What runs for a source, or under a workflow's id; with `orElse: "last"` what ran last when nothing does. Throws
 * InvalidRequestError when there is nothing, or more than one thing.
 */
export async function findExecution(
  temporal: Temporal,
  name: string,
  orElse: "last" | "nothing",
): Promise<WorkflowExecutionDescription> {
  const isId = name.includes("/") || name === IMPORT_ALL_ID || name === PRUNE_ID;
  const ids = isId ? [name] : [importId(name), backfillId(name)];
  const found = (await Promise.all(ids.map((id) => findWorkflow(temporal, id)))).filter((one) => one !== undefined);
  const running = found.filter(({ status }) => status.name === "RUNNING");
  const [first, second] = running;
  if (first !== undefined && second !== undefined) {
    throw new InvalidRequestError(
      `${name}: ${running.map(({ workflowId }) => workflowId).join(" and ")} are running. Give one of these ids.`,
    );
  }
  if (first !== undefined) return first;
  const [last] = found.toSorted((a, b) => b.startTime.getTime() - a.startTime.getTime());
  if (last !== undefined && orElse === "last") return last;
  const before = last === undefined ? "" : ` ${last.workflowId} ended before (${last.status.name.toLowerCase()}).`;
  throw new InvalidRequestError(
    `${name}: nothing runs under ${ids.join(" or ")} in namespace ${temporal.namespace} at ${temporal.address}.` +
      `${before} Give the name of a source, or a workflow's id; \`temporal workflow list\` shows them.`,
  );
}
