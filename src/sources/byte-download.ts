import { setTimeout as sleep } from "node:timers/promises";
import { FileError, ThrottledError } from "../domain/errors.ts";

/** When a download gives up. */
export type DownloadLimits = {
  /** Connections lost in a row without a byte between them. */
  readonly drops: number;
  /** How long a connection may be silent before it counts as lost. */
  readonly idleMilliseconds: number;
  /** The wait before the second attempt; doubles with each. */
  readonly retryMilliseconds: number;
};

/** When a download gives up where nothing else is said. */
export const DOWNLOAD_LIMITS: DownloadLimits = { drops: 5, idleMilliseconds: 60_000, retryMilliseconds: 250 };

/** What is read in one go, over one connection after another. */
export type Download = {
  /** The first byte to read. */
  readonly start: number;
  /** The byte to stop before; null where only the first answer says it. */
  readonly end: number | null;
  /** Asks for the bytes of the same version from `offset` on. */
  ask(offset: number, signal: AbortSignal): Promise<DownloadAnswer>;
  /** Whether a failure without an answer is worth another try. */
  isLost(error: unknown): boolean;
  /** What to tell when the place has another number of bytes. */
  wrongSize(byteCount: number, end: number): FileError;
};

/** Bytes that begin to come. */
export type DownloadAnswer = {
  /** How many are announced; null where nothing is. */
  readonly byteCount: number | null;
  readonly body: AsyncIterable<Buffer | string> | Iterable<Buffer>;
};

/**
 * Bytes from `start` on, up to and without `end`. A connection that is lost between two bytes is taken up at the next
 * one. Throws what `ask` throws, and `wrongSize` before the first byte where another number of bytes is announced.
 */
export async function* downloadBytes(
  download: Download,
  signal: AbortSignal,
  limits: DownloadLimits = DOWNLOAD_LIMITS,
): AsyncGenerator<Buffer, void> {
  let { start: offset, end } = download;
  let askedMilliseconds = 0;
  const requireSize = (byteCount: number | null) => {
    if (byteCount !== null && end !== null && byteCount !== end) throw download.wrongSize(byteCount, end);
  };
  for (let drops = 0; drops === 0 || end === null || offset < end; drops++) {
    if (drops > 0) {
      const milliseconds = Math.max(limits.retryMilliseconds * 2 ** (drops - 1), askedMilliseconds);
      await sleep(milliseconds, undefined, { signal });
    }
    const silence = watchSilence(limits.idleMilliseconds);
    let isAnswered = false;
    try {
      const { byteCount, body } = await download.ask(offset, AbortSignal.any([signal, silence.signal]));
      isAnswered = true;
      const announced = byteCount === null ? null : offset + byteCount;
      end ??= announced;
      for await (const chunk of body) {
        silence.end();
        requireSize(announced); // in here, because a body that nobody reads fails where nobody listens
        offset += chunk.length;
        drops = 0;
        yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
        silence.begin(); // a slow reader is not a silent connection
      }
      requireSize(offset);
      return;
    } catch (error) {
      const isLost = isAnswered || silence.signal.aborted || download.isLost(error);
      if (signal.aborted || error instanceof FileError || !isLost || drops >= limits.drops) throw error;
      askedMilliseconds = error instanceof ThrottledError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    } finally {
      silence.end();
    }
  }
}

type Silence = { readonly signal: AbortSignal; begin(): void; end(): void };

/** Aborts when nothing comes for that long between `begin` and `end`; has begun. */
function watchSilence(milliseconds: number): Silence {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const end = () => clearTimeout(timer);
  const begin = () => {
    timer = setTimeout(() => controller.abort(), milliseconds);
  };
  begin();
  return { signal: controller.signal, begin, end };
}
