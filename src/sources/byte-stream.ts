import { addAbortSignal, Readable } from "node:stream";

/**
 * The chunks as a stream that has begun: rejects when the first chunk does, so that a missing file is known before
 * anything reads. `signal` destroys it; destroying it calls `stop` at once, also while a chunk is awaited.
 */
export async function byteStream(
  chunks: AsyncGenerator<Buffer, void>,
  stop: AbortController,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  signal?.throwIfAborted();
  let next: Promise<IteratorResult<Buffer, void>> | null = chunks.next();
  const stream = new Readable({
    read() {
      const chunk = next ?? chunks.next();
      next = null;
      chunk.then(
        ({ done, value }) => this.push(done === true ? null : value),
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
    destroy(error, callback) {
      stop.abort();
      callback(error);
    },
  });
  const ignore = () => undefined;
  // Lets the generator close what it holds, where it does not read to its end.
  stream.once("close", () => void chunks.return().catch(ignore));
  stream.on("error", ignore); // while it opens, the failure is told by this promise
  if (signal !== undefined) addAbortSignal(signal, stream);
  try {
    await next;
  } catch (error) {
    stream.destroy();
    signal?.throwIfAborted();
    throw error;
  }
  stream.off("error", ignore);
  return stream;
}
