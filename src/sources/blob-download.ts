import { setTimeout as sleep } from "node:timers/promises";
import type { BlobClient } from "@azure/storage-blob";
import { FileError } from "../domain/errors.ts";

/** When a download gives up. */
export type DownloadLimits = {
  /** Connections lost in a row without a byte between them. */
  readonly drops: number;
  /** How long a connection may be silent before it counts as lost. */
  readonly idleMilliseconds: number;
  /** The wait before the second attempt; doubles with each. */
  readonly retryMilliseconds: number;
};

const LIMITS: DownloadLimits = { drops: 5, idleMilliseconds: 60_000, retryMilliseconds: 250 };

/** One version of a blob, and how messages name it. */
export type BlobVersion = { readonly place: string; readonly etag: string; readonly byteCount: number };

/** Bytes from `start` on, up to and without `end`. */
export type ByteRange = { readonly start: number; readonly end: number };

/**
 * The stored bytes of one version of a blob, or a range of them. A connection that is lost between two bytes is taken
 * up at the next one of the same version: the SDK's own resumption takes a dropped connection for an abort and ends
 * (12.32). Throws the SDK's errors, and FileError when the size is not the expected one.
 */
export async function* downloadBlob(
  blob: BlobClient,
  version: BlobVersion,
  signal: AbortSignal,
  limits: DownloadLimits = LIMITS,
  range: ByteRange = { start: 0, end: version.byteCount },
): AsyncGenerator<Buffer, void> {
  const isWhole = range.start === 0 && range.end >= version.byteCount;
  const end = Math.min(range.end, version.byteCount);
  if (range.start >= end && !isWhole) return; // a whole blob is asked for also when it is empty: it may have changed
  let offset = range.start;
  for (let drops = 0; offset < end || drops === 0; drops++) {
    if (drops > 0) await sleep(limits.retryMilliseconds * 2 ** (drops - 1), undefined, { signal });
    const silence = watchSilence(limits.idleMilliseconds);
    let isAnswered = false;
    try {
      const response = await blob.download(offset, isWhole ? undefined : end - offset, {
        conditions: { ifMatch: version.etag.replace(/^"?([^"]*)"?$/, '"$1"') }, // listings leave the quotes out
        abortSignal: AbortSignal.any([signal, silence.signal]),
        maxRetryRequests: 0,
      });
      isAnswered = true;
      const announced = offset + (response.contentLength ?? 0);
      for await (const chunk of response.readableStreamBody ?? []) {
        silence.end();
        requireSize(version, end, announced); // in here, because a body that nobody reads fails where nobody listens
        offset += chunk.length;
        drops = 0;
        yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
        silence.begin(); // a slow reader is not a silent connection
      }
      requireSize(version, end, offset);
      return;
    } catch (error) {
      // Without an answer the SDK has tried several times already, unless it was the silence that ended it.
      const isLost = (isAnswered || silence.signal.aborted) && !(error instanceof FileError);
      if (signal.aborted || !isLost || drops >= limits.drops) throw error;
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

function requireSize(version: BlobVersion, end: number, byteCount: number): void {
  if (byteCount === end) return;
  throw new FileError(
    `${version.place}: has ${byteCount} bytes, not ${version.byteCount} as listed: import again, else run the export again`,
  );
}
