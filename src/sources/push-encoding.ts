import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGunzip, gunzipSync } from "node:zlib";
import { FileError } from "../domain/errors.ts";
import { isParquet } from "./parquet-footer.ts";
import { readAhead } from "./read-ahead.ts";

const START_BYTES = 4096;
const GZIP_SIGNATURE = Buffer.from([0x1f, 0x8b]);

/**
 * The file in bytes that are gzipped on their way. Text is left as it is, since a gzipped file of it is read as well and
 * is smaller; Parquet and files that are gzipped themselves are unpacked.
 */
export async function* unpackOnce(path: string, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { start, body } = await readAhead(Readable.from(bytes, { objectMode: false }), START_BYTES);
  const inside = insideOf(start);
  if (!isParquet(inside) && !isGzip(inside)) {
    yield* body;
    return;
  }
  const gunzip = createGunzip();
  const unpacking = pipeline(body, gunzip);
  unpacking.catch(() => undefined); // whoever reads it hears of it
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && String(cause.code).startsWith("Z_"))) throw cause;
    throw new FileError(`${path}: What was sent is not the gzip data that its Content-Encoding says. Send it again.`, {
      cause,
    });
  }
}

function insideOf(start: Buffer): Buffer {
  if (!isGzip(start)) return start.subarray(0, 0);
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return start.subarray(0, 0); // whoever reads it says what is wrong with it
  }
}

function isGzip(start: Buffer): boolean {
  return start.subarray(0, GZIP_SIGNATURE.length).equals(GZIP_SIGNATURE);
}
