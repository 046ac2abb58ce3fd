import { setTimeout as sleep } from "node:timers/promises";
import { defaultFailureConverter, defaultPayloadConverter } from "@temporalio/common";
import type { Client } from "@temporalio/client";
import { z } from "zod";
import type { Temporal } from "./connect.ts";
import { isAway } from "./connect.ts";

/** One execution of a workflow. */
export type Execution = { readonly workflowId: string; readonly runId: string };

/** One event of a workflow's history. */
export type HistoryEvent = NonNullable<NonNullable<HistoryPage["history"]>["events"]>[number];

type HistoryPage = Awaited<ReturnType<Client["workflowService"]["getWorkflowExecutionHistory"]>>;
type Payloads = NonNullable<NonNullable<HistoryEvent["workflowExecutionCompletedEventAttributes"]>["result"]>;
type Failure = NonNullable<NonNullable<HistoryEvent["workflowExecutionFailedEventAttributes"]>["failure"]>;
type Moment = NonNullable<HistoryEvent["eventTime"]>;

/** An activity that was done with the workflow at hand. */
export type AtHand = { readonly name: string; readonly result: unknown };

const LeftAtHand = z.object({ activity_type: z.string() });
const PATIENCE_MS = 1000;
/** The type of a time-out, as Temporal numbers them. */
const HEARTBEAT = 4;

/** Every event of an execution, the past ones at once and the others as they happen, until it has ended. */
export async function* readEvents(
  temporal: Temporal,
  execution: Execution,
  signal: AbortSignal,
): AsyncGenerator<HistoryEvent> {
  let nextPageToken: HistoryPage["nextPageToken"] | undefined;
  let seen = 0;
  do {
    const request = {
      namespace: temporal.namespace,
      execution,
      waitNewEvent: true,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    };
    const page = await patiently(temporal, signal, ({ workflowService }) =>
      workflowService.getWorkflowExecutionHistory(request),
    );
    for (const event of page.history?.events ?? []) {
      const id = Number(event.eventId);
      if (id <= seen) continue;
      seen = id;
      yield event;
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
}

/** The first event of an execution: what it was started with. */
export async function readStart(temporal: Temporal, execution: Execution): Promise<HistoryEvent | undefined> {
  const page = await temporal.client.workflowService.getWorkflowExecutionHistory({
    namespace: temporal.namespace,
    execution,
    maximumPageSize: 1,
  });
  return page.history?.events?.[0];
}

/** Asks the server until it answers: what runs there goes on without us. Throws when the signal says so. */
export async function patiently<T>(
  { client }: Temporal,
  signal: AbortSignal,
  ask: (client: Client) => Promise<T>,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const stop = new AbortController(); // of its own: each call leaves a listener behind
    const onAbort = () => stop.abort();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await client.connection.withAbortSignal(stop.signal, () => ask(client));
    } catch (error) {
      signal.throwIfAborted();
      if (!isAway(error)) throw error;
      await sleep(PATIENCE_MS, undefined, { signal });
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}

/** The first value of what was given to or came of a workflow or activity. */
export function firstOf(payloads: Payloads | null | undefined): unknown {
  const [payload] = payloads?.payloads ?? [];
  return payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload);
}

/**
 * What came of an activity that was done with the workflow at hand; nothing where the event tells of no such one, or of one
 * that failed. Temporal knows of them only what the SDK's core leaves there: a marker.
 */
export function atHandOf({ markerRecordedEventAttributes: marker }: HistoryEvent): AtHand | undefined {
  if (marker?.markerName !== "core_local_activity" || !marker.details?.["result"]) return undefined;
  const { activity_type: name } = LeftAtHand.parse(firstOf(marker.details["data"]));
  return { name, result: firstOf(marker.details["result"]) };
}

/** A failure as the error that it was. */
export function errorOf(failure: Failure | null | undefined): Error {
  return defaultFailureConverter.failureToError(failure ?? {}, defaultPayloadConverter);
}

/** The message of what failed first: Temporal wraps failures into one another. */
export function messageOf(failure: Failure | null | undefined): string {
  let innermost = failure;
  while (innermost?.cause) innermost = innermost.cause;
  if (Number(innermost?.timeoutFailureInfo?.timeoutType) === HEARTBEAT) return "The worker that was at it fell silent.";
  return innermost?.message ?? "";
}

/** Milliseconds since 1970. */
export function timeOf(moment: Moment | null | undefined): number {
  return Number(moment?.seconds ?? 0) * 1000 + (moment?.nanos ?? 0) / 1e6;
}
