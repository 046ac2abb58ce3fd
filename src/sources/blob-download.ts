import type { BlobClient } from "@azure/storage-blob";
import { FileError } from "../domain/errors.ts";
import { downloadBytes } from "./byte-download.ts";
import type { DownloadLimits } from "./byte-download.ts";

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
  limits?: DownloadLimits,
  range: ByteRange = { start: 0, end: version.byteCount },
): AsyncGenerator<Buffer, void> {
  const { start } = range;
  const isWhole = start === 0 && range.end >= version.byteCount;
  const end = Math.min(range.end, version.byteCount);
  if (start >= end && !isWhole) return; // a whole blob is asked for also when it is empty: it may have changed
  const ifMatch = version.etag.replace(/^"?([^"]*)"?$/, '"$1"'); // listings leave the quotes out
  const download = {
    start,
    end,
    async ask(offset: number, abortSignal: AbortSignal) {
      const response = await blob.download(offset, isWhole ? undefined : end - offset, {
        conditions: { ifMatch },
        abortSignal,
        maxRetryRequests: 0,
      });
      return { byteCount: response.contentLength ?? 0, body: response.readableStreamBody ?? [] };
    },
    isLost: () => false, // the SDK has tried several times already
    wrongSize: (byteCount: number) =>
      new FileError(
        `${version.place}: has ${byteCount} bytes, not ${version.byteCount} as listed: import again, else run the export again`,
      ),
  };
  yield* downloadBytes(download, signal, limits);
}
