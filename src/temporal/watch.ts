import { setTimeout as sleep } from "node:timers/promises";
import type { WorkflowExecutionDescription } from "@temporalio/client";
import type { LoadProgress } from "../../activities/activities.ts";
import type { TrackingProgress } from "../domain/tracking-progress.ts";
import type { ProgressListener } from "../progress.ts";
import type { Temporal } from "./connect.ts";
import { TRACKING } from "./hear-history.ts";
import type { ExtractionOfSource, PartOfRun } from "./hear-history.ts";
import { firstOf, messageOf, patiently, timeOf } from "./history.ts";
import type { Execution } from "./history.ts";
import { createWorkerCheck } from "./worker-check.ts";
import type { WaitingWork } from "./worker-check.ts";

/** A workflow that has not ended, as far as it is known. */
export type OpenExecution = {
  readonly execution: Execution;
  /** The parts that are loading or wait for it, by the id of their activity. */
  readonly loading: ReadonlyMap<string, PartOfRun>;
  /** What an API is asked for at present, in the same way. */
  readonly asking: ReadonlyMap<string, ExtractionOfSource>;
};

type Watching = {
  readonly temporal: Temporal;
  /** What is to be watched; others add and remove. */
  readonly open: ReadonlySet<OpenExecution>;
  readonly tell: ProgressListener;
  readonly signal: AbortSignal;
};

type Raw = WorkflowExecutionDescription["raw"];
type PendingActivity = NonNullable<Raw["pendingActivities"]>[number];

const INTERVAL_MS = 1000;
const SILENT_MS = 5000;
/** The state of what waits for a worker, as Temporal numbers it, of activities and of workflow tasks. */
const SCHEDULED = 1;

/**
 * Tells every second of what histories say only when it is over: how far loads are, what failed and is tried again, and
 * that no worker is there. Ends quietly when the signal says so.
 */
export async function watchExecutions({ temporal, open, tell, signal }: Watching): Promise<void> {
  const attempts = new Map<string, number>();
  const seen = new Map<string, string>();
  const checkWorkers = createWorkerCheck(temporal, signal);
  const look = async () => {
    const waiting: WaitingWork[] = [];
    for (const one of open) {
      const { execution } = one;
      const raw = await describe(temporal, execution, signal);
      for (const activity of raw.pendingActivities ?? []) {
        tellProgress(activity, `${execution.runId} ${activity.activityId}`, seen, tell);
        tellRetry(activity, one, attempts, tell);
      }
      waiting.push(...waitingOf(execution, raw));
    }
    const note = await checkWorkers(waiting);
    if (note !== undefined) tell({ event: "note", ...note });
  };
  try {
    for (;;) {
      await sleep(INTERVAL_MS, undefined, { signal });
      await attentively(temporal, tell, look);
    }
  } catch (error) {
    // That is not what was asked for: the import goes on, and so does whoever follows it.
    if (!signal.aborted) tell({ event: "note", workflowId: "", note: `Progress is not shown: ${String(error)}` });
  }
}

/** Says when the server does not answer for some seconds, and when it does again. */
async function attentively({ address }: Temporal, tell: ProgressListener, ask: () => Promise<void>): Promise<void> {
  const say = (note: string) => tell({ event: "note", workflowId: "", note });
  let isSilent = false;
  const timer = setTimeout(() => {
    isSilent = true;
    say(`Temporal at ${address} does not answer. It is asked again until it does.`);
  }, SILENT_MS);
  try {
    await ask();
    if (isSilent) say(`Temporal at ${address} answers again.`);
  } finally {
    clearTimeout(timer);
  }
}

async function describe(temporal: Temporal, execution: Execution, signal: AbortSignal): Promise<Raw> {
  return patiently(temporal, signal, ({ workflowService }) =>
    workflowService.describeWorkflowExecution({ namespace: temporal.namespace, execution }),
  );
}

/** Tells how far a load is, or an assignment of resources; what an earlier attempt has left there is not it. */
function tellProgress(activity: PendingActivity, key: string, seen: Map<string, string>, tell: ProgressListener): void {
  const { heartbeatDetails, activityType, state, lastHeartbeatTime, lastStartedTime } = activity;
  if (isWaiting(state) || timeOf(lastHeartbeatTime) < timeOf(lastStartedTime)) return;
  const progress = firstOf(heartbeatDetails);
  if (!progress) return;
  const told = JSON.stringify(progress);
  if (seen.get(key) === told) return;
  seen.set(key, told);
  if (activityType?.name === "loadPart") tell({ event: "part progress", ...(progress as LoadProgress) });
  if (activityType?.name === TRACKING) tell({ event: "tracking progress", ...(progress as TrackingProgress) });
}

function tellRetry(
  { activityId, activityType, attempt, lastFailure, nextAttemptScheduleTime }: PendingActivity,
  { execution: { workflowId, runId }, loading, asking }: OpenExecution,
  attempts: Map<string, number>,
  tell: ProgressListener,
): void {
  const key = `${runId} ${activityId}`;
  const [current, told] = [attempt ?? 1, attempts.get(key) ?? 1];
  if (current <= told || !lastFailure) return;
  attempts.set(key, current);
  const [error, part] = [messageOf(lastFailure), loading.get(activityId ?? "")];
  if (part !== undefined) return tell({ event: "part retried", ...part, attempt: current, error });
  const extraction = asking.get(activityId ?? "");
  if (extraction !== undefined) {
    const wait = nextAttemptScheduleTime ? Math.ceil((timeOf(nextAttemptScheduleTime) - Date.now()) / 1000) : 0;
    return tell({ event: "extraction retried", ...extraction, attempt: current, error, seconds: Math.max(wait, 0) });
  }
  if (activityType?.name === TRACKING) return tell({ event: "tracking retried", attempt: current, error });
  const step = `${workflowId}: ${activityType?.name ?? "a step"}`;
  tell({ event: "note", workflowId, note: `${step}: attempt ${current} follows. ${error}` });
}

/** What a worker could take at once. */
function waitingOf(
  { workflowId, runId }: Execution,
  { pendingWorkflowTask: task, pendingActivities }: Raw,
): WaitingWork[] {
  const activities = (pendingActivities ?? []).filter(
    ({ state, nextAttemptScheduleTime }) => isWaiting(state) && !nextAttemptScheduleTime,
  );
  return [
    ...(isWaiting(task?.state) ? [{ workflowId, key: `${runId} ${timeOf(task?.scheduledTime)}` }] : []),
    ...activities.map(({ activityId, attempt }) => ({ workflowId, key: `${runId} ${activityId} ${attempt}` })),
  ];
}

function isWaiting(state: number | null | undefined): boolean {
  return state === SCHEDULED;
}
