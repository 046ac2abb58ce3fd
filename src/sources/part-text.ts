import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/** What is wrong with a part, and where. */
export type Diagnosis = { readonly place: string; readonly problem: string };

class TrailingBytes extends Error {}

/** The text of a part, unzipped where it is gzipped. */
export function textOf({
  body,
  encoding,
}: {
  readonly body: Readable;
  readonly encoding: "gzip" | "none";
}): AsyncIterable<Buffer> {
  return encoding === "gzip" ? unzip(body) : body;
}

/** Unzips all members, and demands that nothing else follows: zlib overlooks zeros, the engine does not. */
async function* unzip(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  let byteCount = 0;
  const count = async function* () {
    for await (const chunk of body) {
      byteCount += chunk.length;
      yield chunk;
    }
  };
  pipeline(count, gunzip).catch(() => undefined); // whoever reads it hears of it
  yield* gunzip as AsyncIterable<Buffer>;
  if (gunzip.bytesWritten < byteCount) throw new TrailingBytes();
}

/** What is wrong with gzip data that could not be unzipped; undefined for other errors. */
export function diagnoseGzip(error: unknown): string | undefined {
  if (error instanceof TrailingBytes) return "other bytes follow the gzip data";
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "Z_BUF_ERROR") return "the gzip data ends too early, the file is truncated";
  if (code === "Z_DATA_ERROR") return "the gzip data is corrupt (wrong checksum or bytes), or other bytes follow it";
  return undefined;
}
