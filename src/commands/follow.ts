import { nameOfRun } from "../domain/run.ts";
import type { RunReport } from "../domain/run-report.ts";
import type { ImportRunInput } from "../../workflows/import-run.ts";
import { EXIT } from "../context.ts";
import type { Command, Context, ExitCode } from "../context.ts";
import type { PruneInput } from "../../activities/prune.ts";
import { withTemporal } from "../temporal/connect.ts";
import type { WorkflowEnd } from "../temporal/follow.ts";
import { readInput } from "../temporal/start.ts";
import { tellBackfill } from "./backfill.ts";
import { findExecution } from "./find-execution.ts";
import { formatDuration } from "./format.ts";
import { tellImport } from "./import.ts";
import { tellFreed } from "./prune.ts";
import { tellTracking } from "./rules-evaluate.ts";
import { showWorkflow } from "./run-workflow.ts";
import { errorOf, resultOf } from "./workflow-results.ts";

/** What to follow: a source's name, or a workflow's id. */
export type FollowOptions = { readonly name: string; readonly json: boolean };

type Followed = { readonly type: string; readonly workflowId: string; readonly input: unknown };

/** Shows how a workflow goes, and what came of it, as the command that started it does. */
export const follow: Command<FollowOptions> = (context, { name, json }) =>
  withTemporal(context.env, async (temporal) => {
    const { workflowId, runId, type } = await findExecution(temporal, name, "last");
    const execution = { workflowId, runId };
    const end = await showWorkflow(context, temporal, execution);
    if (end === undefined) return EXIT.failed;
    return tellEnd(context, json, { type, workflowId, input: await readInput(temporal, execution) }, end);
  });

function tellEnd(context: Context, json: boolean, { type, workflowId, input }: Followed, end: WorkflowEnd): ExitCode {
  switch (type) {
    case "importSource": {
      const { source, runId } = input as { source: string; runId?: string };
      const results = resultOf.importSource(end, source);
      return tellImport(context, runId === undefined ? { json } : { json, runId }, results, end.milliseconds);
    }
    case "importAll":
      return tellImport(context, { json }, resultOf.importAll(end), end.milliseconds);
    case "importRun":
      if (end.state !== "completed") throw errorOf(end);
      return tellImport(
        context,
        { json },
        [resultOfRun(input as ImportRunInput, end.result as RunReport)],
        end.milliseconds,
      );
    case "backfill":
      return tellBackfill(context, { json }, resultOf.backfill(end), end.milliseconds);
    case "prune":
      return tellFreed(context, { ...(input as PruneInput), json }, resultOf.prune(end));
    case "trackResources":
      return tellTracking(context, { json }, resultOf.trackResources(end));
    default:
      if (end.state !== "completed") throw errorOf(end);
      context.print(
        json ? JSON.stringify(end.result, null, 2) : `${workflowId}: done (${formatDuration(end.milliseconds)}).`,
      );
      return EXIT.done;
  }
}

function resultOfRun({ source, run }: ImportRunInput, report: RunReport) {
  const runs = [{ ...nameOfRun(run), outcome: "imported" as const, report }];
  return { source: source.name, runs, moreSkipped: [], problems: [], warnings: [], error: null };
}
