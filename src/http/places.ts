import { HttpError } from "./errors.ts";

/** A limited number of places, and a line of limited length in front of them. */
export type Places = {
  /**
   * Waits for a place and gives what frees it; freeing twice does no harm. Throws HttpError 503 where the line is full, and
   * the signal's reason when it is aborted first.
   */
  take(signal: AbortSignal): Promise<() => void>;
  readonly counts: () => { readonly taken: number; readonly waiting: number };
};

const RETRY_AFTER_SECONDS = "2";

/** Makes so many places, first come first served. */
export function createPlaces(most: number, mostWaiting: number): Places {
  const line = new Set<() => void>();
  let taken = 0;

  function free(): void {
    taken--;
    const [next] = line;
    next?.();
  }

  function place(): () => void {
    taken++;
    let isFree = false;
    return () => {
      if (isFree) return;
      isFree = true;
      free();
    };
  }

  return {
    async take(signal) {
      signal.throwIfAborted();
      if (taken < most) return place();
      if (line.size >= mostWaiting) {
        throw new HttpError(503, "busy", "Too many questions are waiting for their turn. Try again.", {
          headers: { "retry-after": RETRY_AFTER_SECONDS },
        });
      }
      return new Promise((resolve, reject) => {
        const leave = () => {
          line.delete(begin);
          reject(signal.reason instanceof Error ? signal.reason : new Error("left"));
        };
        const begin = () => {
          line.delete(begin);
          signal.removeEventListener("abort", leave);
          resolve(place());
        };
        line.add(begin);
        signal.addEventListener("abort", leave, { once: true });
      });
    },
    counts: () => ({ taken, waiting: line.size }),
  };
}
