import type { Readable } from "node:stream";
import { continueWith } from "./part-header.ts";

/** What was read of a stream beforehand, and a stream that gives all of its bytes. */
export type ReadAhead = {
  readonly start: Buffer;
  /** Whether these are all of its bytes. */
  readonly isWhole: boolean;
  /** Destroying it closes the stream, also before it is read. */
  readonly body: Readable;
};

/** Reads a stream until it has given so many bytes, or has ended. */
export async function readAhead(stream: Readable, enough: number): Promise<ReadAhead> {
  const iterator: AsyncIterator<Buffer, undefined> = stream.iterator({ destroyOnReturn: true });
  const chunks: Buffer[] = [];
  let isWhole = false;
  try {
    for (let length = 0; length < enough && !isWhole;) {
      const { value, done } = await iterator.next();
      if (done === true) {
        isWhole = true;
      } else {
        chunks.push(value);
        length += value.length;
      }
    }
  } catch (error) {
    stream.destroy();
    throw error;
  }
  return { start: Buffer.concat(chunks), isWhole, body: continueWith(chunks, iterator, stream) };
}
