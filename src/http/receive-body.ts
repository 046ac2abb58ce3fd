import type { IncomingMessage } from "node:http";
import { FileError } from "../domain/errors.ts";
import { HttpError } from "./errors.ts";

/** The bytes of a request as they come. */
export type ReceivedBody = {
  /**
   * Can be read once. Throws HttpError 408 when nothing comes for too long, or too little in all, and FileError when the
   * connection ends before the body has.
   */
  readonly bytes: AsyncIterable<Buffer>;
  /** Lets go of the request: what still comes is thrown away, so that its sender hears the answer. */
  discard(): void;
};

type Waiting = {
  readonly resolve: (result: IteratorResult<Buffer, undefined>) => void;
  readonly reject: (error: Error) => void;
};

/** Who sends less holds a place that others want: 1 GB takes 18 hours then. */
const LEAST_BYTES_PER_SECOND = 16 * 1024;

/**
 * Reads the body of a request, which is asked for when the first of it is wanted. Unlike the request's own iterator it
 * never destroys the request, whose connection is still needed for the answer, and it can stop while it waits. Of its
 * sender's time only that counts in which it is waited for: as long as nothing comes, or as often as so much has passed.
 */
export function receiveBody(request: IncomingMessage, stallMs: number, ask: () => void): ReceivedBody {
  let isAsked = false;
  let waiting: Waiting | undefined;
  let timer: NodeJS.Timeout | undefined;
  let byteCount = 0;
  let isDiscarded = false;
  let waitedSince = 0;
  const recent = { waitedMs: 0, byteCount: 0 };

  function settle(answer: (waited: Waiting) => void): void {
    clearTimeout(timer);
    const waited = waiting;
    waiting = undefined;
    if (waited !== undefined) answer(waited);
  }

  function look(): void {
    if (waiting === undefined) return;
    const chunk = request.read() as Buffer | null;
    if (chunk !== null) {
      byteCount += chunk.length;
      const slow = isTooSlow(chunk.length);
      settle(({ resolve, reject }) => (slow ? reject(dawdled(byteCount)) : resolve({ done: false, value: chunk })));
    } else if (request.readableEnded) {
      settle(({ resolve }) => resolve({ done: true, value: undefined }));
    } else if (request.destroyed || isDiscarded) {
      settle(({ reject }) => reject(brokenOff(byteCount)));
    }
  }

  /** Whether too little has come in the last `stallMs` of waiting. */
  function isTooSlow(bytes: number): boolean {
    recent.waitedMs += performance.now() - waitedSince;
    recent.byteCount += bytes;
    if (recent.waitedMs < stallMs) return false;
    const isSlow = recent.byteCount < (recent.waitedMs / 1000) * LEAST_BYTES_PER_SECOND;
    Object.assign(recent, { waitedMs: 0, byteCount: 0 });
    return isSlow;
  }

  const iterator: AsyncIterator<Buffer, undefined> = {
    next: () =>
      new Promise((resolve, reject) => {
        if (!isAsked) ask();
        isAsked = true;
        waiting = { resolve, reject };
        waitedSince = performance.now();
        timer = setTimeout(() => settle((waited) => waited.reject(stalled(stallMs, byteCount))), stallMs);
        look();
      }),
  };
  for (const event of ["readable", "end", "close"]) request.on(event, look);
  request.on("error", look);
  return {
    bytes: { [Symbol.asyncIterator]: () => iterator },
    discard() {
      isDiscarded = true;
      look();
      request.off("readable", look).resume();
    },
  };
}

function stalled(stallMs: number, byteCount: number): HttpError {
  const message = `body: Nothing came for ${stallMs / 1000} s after ${byteCount} bytes. Nothing was published. Send it again.`;
  return new HttpError(408, "stalled", message);
}

function dawdled(byteCount: number): HttpError {
  const message =
    `body: Less than ${LEAST_BYTES_PER_SECOND / 1024} KiB come in a second; ${byteCount} bytes have come so far. ` +
    "Nothing was published. Write the file down first, then send it over a faster connection.";
  return new HttpError(408, "too_slow", message);
}

function brokenOff(byteCount: number): FileError {
  return new FileError(
    `body: The connection ended after ${byteCount} bytes, before the body was complete. Nothing was published. Send it again.`,
  );
}
