import { WorkflowFailedError, WorkflowNotFoundError } from "@temporalio/client";
import type { WorkflowExecutionDescription, WorkflowHandle } from "@temporalio/client";
import { errorsOf } from "../../workflows/import-source.ts";
import type { SourceReport } from "../../workflows/import-source.ts";
import type { SourceProgress } from "../../workflows/progress.ts";
import { AlreadyRunningError, ConfigurationError, InvalidRequestError } from "../domain/errors.ts";
import { importId, MESSAGES } from "../domain/workflow-names.ts";
import type { ImportState } from "../http/dependencies.ts";
import { HttpError } from "../http/errors.ts";
import { withTemporal } from "../temporal/connect.ts";
import type { Temporal } from "../temporal/connect.ts";
import { hasSchedule, removeSchedule } from "../temporal/schedules.ts";
import { startWorkflow } from "../temporal/start.ts";
import { importIdOf, parseImportId } from "./imports.ts";
import type { ImportsHost } from "./imports.ts";

/** How long a worker may take to say how far an import is; without one nobody does. */
const PROGRESS_MS = 2000;
const PREFIX = importId("");

/** Imports as workflows: whoever started one, it is found here, and it outlives the service. */
export function createImportsInTemporal(env: NodeJS.ProcessEnv): ImportsHost {
  return {
    start: (input) =>
      connected(env, async (temporal) => {
        const { source } = input;
        const start = { workflowId: importId(source), type: "importSource", input } as const;
        const { execution, runsSince } = await startWorkflow(temporal, start).catch((error: unknown) => {
          // The input was checked before: what is refused is that another one runs.
          if (!(error instanceof InvalidRequestError)) throw error;
          throw new AlreadyRunningError(error.message, { cause: error });
        });
        return { id: importIdOf(source, execution.runId), isNew: runsSince === null };
      }),
    async find(id) {
      const named = parseImportId(id);
      if (named === undefined) return undefined;
      return connected(env, (temporal) => findState(temporal, named.source, named.execution));
    },
    list: (limit) =>
      connected(env, async (temporal) => {
        const found: { source: string; runId: string }[] = [];
        const query = "WorkflowType = 'importSource'";
        for await (const { workflowId, runId } of temporal.client.workflow.list({ query })) {
          // The months of a backfill are imports, too, under its own ids.
          if (workflowId.startsWith(PREFIX)) found.push({ source: workflowId.slice(PREFIX.length), runId });
          if (found.length === limit) break;
        }
        const states = await Promise.all(found.map(({ source, runId }) => findState(temporal, source, runId)));
        return states.filter((state) => state !== undefined);
      }),
    removeSchedule: (source) =>
      connected(env, async (temporal) => {
        if (await hasSchedule(temporal, source)) await removeSchedule(temporal, source);
      }),
    close: () => Promise.resolve(),
  };
}

async function connected<T>(env: NodeJS.ProcessEnv, work: (temporal: Temporal) => Promise<T>): Promise<T> {
  try {
    return await withTemporal(env, work);
  } catch (cause) {
    if (!(cause instanceof ConfigurationError)) throw cause;
    throw new HttpError(503, "temporal_unreachable", cause.message, { cause, headers: { "retry-after": "5" } });
  }
}

async function findState(temporal: Temporal, source: string, runId: string): Promise<ImportState | undefined> {
  const handle = temporal.client.workflow.getHandle(importId(source), runId, { followRuns: false });
  const found = await describe(handle);
  if (found === undefined) return undefined;
  const base = {
    id: importIdOf(source, runId),
    source,
    startedAt: found.startTime.toISOString(),
    endedAt: found.closeTime?.toISOString() ?? null,
  };
  if (found.status.name === "RUNNING") {
    const progress = await askProgress(temporal, handle);
    return { ...base, state: "running", error: null, progress, report: null };
  }
  try {
    const report = (await handle.result()) as SourceReport;
    const errors = errorsOf(report);
    const error = errors.length === 0 ? null : errors.join("\n");
    return { ...base, state: error === null ? "done" : "failed", error, progress: progressOf(report), report };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const state = found.status.name === "CANCELLED" ? "canceled" : "failed";
    return { ...base, state, error: innermost(error).message, progress: null, report: null };
  }
}

async function describe(handle: WorkflowHandle): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await handle.describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function askProgress({ client }: Temporal, handle: WorkflowHandle): Promise<ImportState["progress"]> {
  try {
    const { runs, rows, rejected } = await client.connection.withDeadline(Date.now() + PROGRESS_MS, () =>
      handle.query<SourceProgress>(MESSAGES.progress),
    );
    return { runs, rows, rejected };
  } catch {
    return null; // that an import runs is known; how far it is tells a worker, if there is one
  }
}

function progressOf({ runs, moreSkipped }: SourceReport): ImportState["progress"] {
  const imported = runs.flatMap((run) => (run.outcome === "imported" ? [run.report] : []));
  const count = (outcome: string) => runs.filter((run) => run.outcome === outcome).length;
  const more = moreSkipped.reduce((sum, skipped) => sum + skipped.count, 0);
  return {
    runs: {
      total: runs.length + more,
      imported: imported.length,
      skipped: count("skipped") + more,
      failed: count("failed"),
    },
    rows: imported.reduce((sum, { rowsLoaded }) => sum + rowsLoaded, 0),
    rejected: imported.reduce((sum, { rowsRejected }) => sum + rowsRejected, 0),
  };
}

function innermost(error: Error): Error {
  return error.cause instanceof Error ? innermost(error.cause) : error;
}
