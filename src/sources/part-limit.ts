import { createGunzip } from "node:zlib";
import { PartLimitError } from "../domain/errors.ts";
import type { OpenedPart } from "./open-part.ts";

/** What a part may unpack to unless the configuration says otherwise: Azure's have less than 1 GB. */
export const PART_LIMIT_BYTES = 256 * 2 ** 30;

/** A byte of gzip data unpacks to no more: 258 bytes for two bits is the best that there is (RFC 1951). */
const GZIP_EXPANSION = 1032;

/** How many stored bytes a part has: exactly so many, or no fewer. */
export type PartSize = { readonly least: number; readonly isExact: boolean };

/** A stored part, and how many bytes it may unpack to. */
export type LimitedPart = { readonly path: string; readonly byteCount: PartSize; readonly limitBytes: number };

/**
 * The stored bytes of a part, given only as long as they unpack to no more than the limit; throws PartLimitError beyond.
 * A gzip file that is too small to hold so much is given as it is. Of others each chunk is unpacked here once more before
 * it is given: the warehouse would notice too late. Parquet files are taken at their footer's word, and at no less than
 * a byte for each value.
 */
export function limitUnpacked(part: OpenedPart, { path, byteCount, limitBytes }: LimitedPart): AsyncIterable<Buffer> {
  const { least, isExact } = byteCount;
  const tooLarge = () => {
    const limit = `${limitBytes / 2 ** 30} GiB`;
    return new PartLimitError(
      `${path}: This part ${isExact ? `of ${least} bytes ` : ""}unpacks to more than ${limit}, which is the limit of a ` +
        "part. Nothing was published. Deliver the run again; if its parts really are that large, raise " +
        "BILLHOUSE_PART_LIMIT_GIB.",
    );
  };
  if (part.format === "parquet") {
    const leastBytes = Math.max(part.unpackedByteCount, part.rowCount * part.columns.length);
    if (leastBytes > limitBytes) throw tooLarge();
    return part.body;
  }
  if (part.encoding === "none") {
    if (least > limitBytes) throw tooLarge();
    return isExact ? part.body : countBytes(part.body, limitBytes, tooLarge);
  }
  const mayExceed = !isExact || least * GZIP_EXPANSION > limitBytes;
  return mayExceed ? countUnpacked(part.body, limitBytes, tooLarge) : part.body;
}

async function* countBytes(
  body: AsyncIterable<Buffer>,
  limitBytes: number,
  tooLarge: () => PartLimitError,
): AsyncGenerator<Buffer> {
  let byteCount = 0;
  for await (const chunk of body) {
    byteCount += chunk.length;
    if (byteCount > limitBytes) throw tooLarge();
    yield chunk;
  }
}

async function* countUnpacked(
  body: AsyncIterable<Buffer>,
  limitBytes: number,
  tooLarge: () => PartLimitError,
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  let unpacked = 0;
  let isBroken = false;
  gunzip.on("data", (chunk: Buffer) => {
    unpacked += chunk.length;
    if (unpacked > limitBytes) gunzip.destroy();
  });
  gunzip.on("error", () => (isBroken = true)); // the warehouse says what is wrong, and reads no further either
  try {
    for await (const chunk of body) {
      if (!isBroken) await written(gunzip, chunk);
      if (unpacked > limitBytes) throw tooLarge();
      yield chunk;
    }
  } finally {
    gunzip.destroy();
  }
}

/** Resolves when a chunk is unpacked, or when it never will be. */
function written(gunzip: NodeJS.WritableStream & { destroyed: boolean }, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    gunzip.once("close", resolve);
    gunzip.write(chunk, () => {
      gunzip.off("close", resolve);
      resolve();
    });
  });
}
