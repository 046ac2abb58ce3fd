import { WorkflowNotFoundError } from "@temporalio/client";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { TRACKING_IDS } from "../domain/workflow-names.ts";
import { withTemporal } from "../temporal/connect.ts";
import { followWorkflow } from "../temporal/follow.ts";
import { findExecution } from "./find-execution.ts";

/** What to cancel: what runs for a source, or a workflow by its id. */
export type CancelOptions = { readonly name: string };

/** Cancels what runs, and waits until it has ended. */
export const cancel: Command<CancelOptions> = ({ env, signal, note, print }, { name }) =>
  withTemporal(env, async (temporal) => {
    const { workflowId, runId } = await findExecution(temporal, name, "nothing");
    try {
      await temporal.client.workflow.getHandle(workflowId, runId).cancel();
      note(`${workflowId} is asked to stop.`);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error; // it has ended in this moment
    }
    try {
      const tell = (event: { readonly event: string; readonly note?: string }) => {
        if (event.event === "note" && event.note !== undefined) note(event.note);
      };
      const end = await followWorkflow(temporal, { workflowId, runId }, tell, signal);
      print(
        end.state === "canceled"
          ? `${workflowId} is canceled. ${leftBy(workflowId)}`
          : `${workflowId} had ended before it could be canceled: ${end.state}.`,
      );
      return EXIT.done;
    } catch (error) {
      if (!signal.aborted) throw error;
      note(`${workflowId} has not ended yet. See how it goes with \`billhouse follow ${workflowId}\`.`);
      return EXIT.failed;
    }
  });

function leftBy(workflowId: string): string {
  return Object.values<string>(TRACKING_IDS).includes(workflowId)
    ? "Costs are read with the rules of before."
    : "Runs that were imported before stay visible, whole; nothing else is.";
}
