import type { IncomingMessage } from "node:http";
import { FileError } from "../domain/errors.ts";
import { HttpError } from "./errors.ts";

/** The bytes of a request as they come. */
export type ReceivedBody = {
  /**
   * Can be read once. Throws HttpError 408 when nothing comes for too long, and FileError when the connection ends before
   * the body has.
   */
  readonly bytes: AsyncIterable<Buffer>;
  /** Lets go of the request: what still comes is thrown away, so that its sender hears the answer. */
  discard(): void;
};

type Waiting = {
  readonly resolve: (result: IteratorResult<Buffer, undefined>) => void;
  readonly reject: (error: Error) => void;
};

/**
 * Reads the body of a request, which is asked for when the first of it is wanted. Unlike the request's own iterator it never destroys the request, whose connection is still
 * needed for the answer, and it can stop while it waits.
 */
export function receiveBody(request: IncomingMessage, stallMs: number, ask: () => void): ReceivedBody {
  let isAsked = false;
  let waiting: Waiting | undefined;
  let timer: NodeJS.Timeout | undefined;
  let byteCount = 0;
  let isDiscarded = false;

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
      settle(({ resolve }) => resolve({ done: false, value: chunk }));
    } else if (request.readableEnded) {
      settle(({ resolve }) => resolve({ done: true, value: undefined }));
    } else if (request.destroyed || isDiscarded) {
      settle(({ reject }) => reject(brokenOff(byteCount)));
    }
  }

  const iterator: AsyncIterator<Buffer, undefined> = {
    next: () =>
      new Promise((resolve, reject) => {
        if (!isAsked) ask();
        isAsked = true;
        waiting = { resolve, reject };
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

function brokenOff(byteCount: number): FileError {
  return new FileError(
    `body: The connection ended after ${byteCount} bytes, before the body was complete. Nothing was published. Send it again.`,
  );
}
