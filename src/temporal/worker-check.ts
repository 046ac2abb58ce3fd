import type { Temporal } from "./connect.ts";
import { patiently, timeOf } from "./history.ts";

/** Work that no worker has taken yet; its key is another one when it waits anew. */
export type WaitingWork = { readonly workflowId: string; readonly key: string };

/** What there is to say of workers. */
export type WorkerNote = { readonly workflowId: string; readonly note: string };

/** A worker that has a slot free takes work within milliseconds. */
const PROMPT_MS = 1500;
/** A worker that is there may have none free for a while. */
const PATIENT_MS = 10_000;
/** A worker that waits for work asks anew after a minute at the latest. */
const WORKER_ASKS_MS = 65_000;

/**
 * Gives what looks at the work that waits, again and again, and says when no worker takes it, and when that is over.
 */
export function createWorkerCheck(
  temporal: Temporal,
  signal: AbortSignal,
): (waiting: readonly WaitingWork[]) => Promise<WorkerNote | undefined> {
  const since = new Map<string, number>(); // by our own clock: the server's may differ
  let missed: string | undefined;
  return async (waiting) => {
    const now = performance.now();
    const keys = new Set(waiting.map(({ key }) => key));
    for (const key of since.keys()) if (!keys.has(key)) since.delete(key);
    for (const key of keys) since.set(key, since.get(key) ?? now);
    const waited = ({ key }: WaitingWork) => now - (since.get(key) ?? now);
    const [oldest] = waiting.toSorted((a, b) => waited(b) - waited(a));
    if (oldest === undefined || waited(oldest) < PROMPT_MS) {
      const workflowId = missed;
      missed = undefined;
      return workflowId === undefined ? undefined : { workflowId, note: "A worker is at it." };
    }
    if (missed !== undefined) return undefined;
    const { workflowId } = oldest;
    const { address, taskQueue } = temporal;
    const queue = `task queue ${taskQueue} at ${address}`;
    const isPolled = await hasPollers(temporal, signal);
    if (isPolled && waited(oldest) < PATIENT_MS) return undefined;
    missed = workflowId;
    return {
      workflowId,
      note: isPolled
        ? `${workflowId} waits for a worker: those that poll ${queue} are busy, or gone.`
        : `No worker polls ${queue}: start one with \`billhouse worker\`. ${workflowId} waits for it.`,
    };
  };
}

async function hasPollers(temporal: Temporal, signal: AbortSignal): Promise<boolean> {
  const { namespace, taskQueue: name } = temporal;
  const { pollers } = await patiently(temporal, signal, ({ workflowService }) =>
    workflowService.describeTaskQueue({ namespace, taskQueue: { name } }),
  );
  return (pollers ?? []).some(({ lastAccessTime }) => Date.now() - timeOf(lastAccessTime) < WORKER_ASKS_MS);
}
