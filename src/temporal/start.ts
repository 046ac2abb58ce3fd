import { isDeepStrictEqual } from "node:util";
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from "@temporalio/client";
import type { WorkflowExecutionDescription } from "@temporalio/client";
import type { PruneInput } from "../../activities/prune.ts";
import type { TrackResourcesInput } from "../../activities/track-resources.ts";
import type { BackfillInput } from "../../workflows/backfill.ts";
import type { ImportAllInput } from "../../workflows/import-all.ts";
import type { ImportSourceInput } from "../../workflows/import-source.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import {
  readBackfill,
  readImportAll,
  readImportSource,
  readPrune,
  readTrackResources,
} from "../domain/workflow-input.ts";
import type { Temporal } from "./connect.ts";
import { firstOf, readStart } from "./history.ts";
import type { Execution } from "./history.ts";

/** A workflow to start, by its type. */
export type Start = { readonly workflowId: string } & (
  | { readonly type: "importSource"; readonly input: ImportSourceInput }
  | { readonly type: "importAll"; readonly input: ImportAllInput }
  | { readonly type: "backfill"; readonly input: BackfillInput }
  | { readonly type: "prune"; readonly input: PruneInput }
  | { readonly type: "trackResources"; readonly input: TrackResourcesInput }
);

/** A workflow that runs: started by us, or found running with the same options since then. */
export type Started = { readonly execution: Execution; readonly runsSince: Date | null };

/** A workflow may end in the moment in which it is looked at. */
const ATTEMPTS = 3;

/**
 * Starts a workflow, or finds the one that is at the same already: one id, one workflow. Throws InvalidRequestError when
 * the one that runs was started with other options.
 */
export async function startWorkflow(temporal: Temporal, start: Start): Promise<Started> {
  const { client, taskQueue } = temporal;
  const { workflowId, type, input } = start;
  for (let attempt = 1; ; attempt++) {
    try {
      const { firstExecutionRunId } = await client.workflow.start(type, { workflowId, taskQueue, args: [input] });
      return { execution: { workflowId, runId: firstExecutionRunId }, runsSince: null };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || attempt === ATTEMPTS) throw error;
    }
    const running = await findRunning(temporal, workflowId);
    if (running === undefined) continue;
    requireSame(start, await readInput(temporal, running), running.startTime);
    return { execution: { workflowId, runId: running.runId }, runsSince: running.startTime };
  }
}

/** What runs under an id; undefined when nothing does. */
export async function findRunning(
  temporal: Temporal,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  const found = await findWorkflow(temporal, workflowId);
  return found?.status.name === "RUNNING" ? found : undefined;
}

/** What runs under an id, or ran last; undefined when Temporal knows of nothing. */
export async function findWorkflow(
  { client }: Temporal,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** What a workflow was started with; the first of its executions, if it went on in others. */
export async function readInput(temporal: Temporal, { workflowId, runId }: Execution): Promise<unknown> {
  const begin = (await readStart(temporal, { workflowId, runId }))?.workflowExecutionStartedEventAttributes;
  const firstRunId = begin?.firstExecutionRunId;
  if (!firstRunId || firstRunId === runId) return firstOf(begin?.input);
  const first = await readStart(temporal, { workflowId, runId: firstRunId });
  return firstOf(first?.workflowExecutionStartedEventAttributes?.input);
}

const READERS = {
  importSource: readImportSource,
  importAll: readImportAll,
  backfill: readBackfill,
  prune: readPrune,
  trackResources: readTrackResources,
} as const;

function requireSame({ workflowId, type, input }: Start, other: unknown, since: Date): void {
  const [asked, running] = [toOptions(READERS[type](input)), toOptions(READERS[type](other))];
  const names = [...new Set([...Object.keys(asked), ...Object.keys(running)])];
  const different = names.filter((name) => !isDeepStrictEqual(asked[name], running[name]));
  if (different.length === 0) return;
  const shown = different.map((name) => `${name}: ${shownAs(running[name])} instead of ${shownAs(asked[name])}`);
  throw new InvalidRequestError(
    `${workflowId} runs since ${since.toISOString().slice(0, 19).replace("T", " ")} UTC with other options ` +
      `(${shown.join(", ")}). Wait for it (\`billhouse follow ${workflowId}\`) or cancel it ` +
      `(\`billhouse cancel ${workflowId}\`), then start this one.`,
  );
}

/** What is as by default may be said or not. */
function toOptions(input: unknown): Record<string, unknown> {
  const given = typeof input === "object" && input !== null ? Object.entries(input) : [];
  return Object.fromEntries(
    given.flatMap(([name, value]: [string, unknown]) => {
      const isDefault = value === undefined || value === null || value === false;
      if (isDefault || (Array.isArray(value) && value.length === 0)) return [];
      return [[name, Array.isArray(value) ? new Set<unknown>(value) : value] as const];
    }),
  );
}

function shownAs(value: unknown): string {
  if (value === undefined) return "none";
  return JSON.stringify(value instanceof Set ? [...value] : value);
}
