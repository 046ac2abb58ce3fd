import { ConfigurationError, PartLimitError } from "../domain/errors.ts";
import { byteStream } from "./byte-stream.ts";
import { isParquet, SIGNATURE_BYTES } from "./parquet-footer.ts";
import { createSpoolFile } from "./spool-file.ts";
import type { SpoolFile } from "./spool-file.ts";
import type { Store } from "./store.ts";

/** Bytes that somebody sends, and that can be read again: a copy of them grows while they are read for the first time. */
export type PushBody = {
  /** Opens them as often as it is asked to, each time from the first byte to the last. */
  readonly store: Store;
  /** Whether they have to be there as a whole before anything can be read of them. */
  isParquet(): Promise<boolean>;
  /** Takes all of them; gives how many they are. */
  takeAll(): Promise<number>;
  /** How many have come so far. */
  readonly byteCount: () => number;
  /** Gives the copy up; who reads on fails. */
  close(): Promise<void>;
};

const COPY_CHUNK_BYTES = 256 * 1024;

/**
 * Begins to take what somebody sends, under the path by which messages name it. Reads nothing before it is asked to, and
 * throws PartLimitError when more comes than a part may have.
 */
export async function createPushBody(
  path: string,
  chunks: AsyncIterable<Buffer>,
  limitBytes: number,
): Promise<PushBody> {
  const copy = await createSpoolFile("what was sent");
  const taker = createTaker(withinLimit(path, chunks, limitBytes), copy);
  const { byteCount } = taker;

  async function* readFrom(start: number): AsyncGenerator<Buffer, void> {
    for (let at = start; ;) {
      const left = byteCount() - at;
      const chunk = left > 0 ? await copy.read(at, Math.min(left, COPY_CHUNK_BYTES)) : await taker.take();
      if (chunk === undefined) return;
      at += chunk.length;
      yield chunk;
    }
  }

  async function takeUntil(enough: number): Promise<number> {
    while (byteCount() < enough && (await taker.take()) !== undefined);
    return byteCount();
  }

  const store: Store = {
    place: path,
    prefix: "",
    list: () => {
      throw new ConfigurationError(`${path}: there is nothing that could be listed: send it again`);
    },
    open: (_file, signal) => byteStream(readFrom(0), new AbortController(), signal),
    async read(_file, start, end, signal) {
      signal?.throwIfAborted();
      const length = (await takeUntil(end)) - start;
      return copy.read(start, Math.max(0, Math.min(length, end - start)));
    },
  };
  return {
    store,
    async isParquet() {
      const length = Math.min(await takeUntil(SIGNATURE_BYTES), SIGNATURE_BYTES);
      return isParquet(await copy.read(0, length));
    },
    takeAll: () => takeUntil(Infinity),
    byteCount,
    close: () => taker.close(),
  };
}

async function* withinLimit(
  path: string,
  chunks: AsyncIterable<Buffer>,
  limitBytes: number,
): AsyncGenerator<Buffer, void> {
  let byteCount = 0;
  for await (const chunk of chunks) {
    byteCount += chunk.length;
    if (byteCount > limitBytes) {
      throw new PartLimitError(
        `${path}: This part has more than ${limitBytes / 2 ** 30} GiB, which is the limit of a part. Nothing was ` +
          "published. Send less, or have BILLHOUSE_PART_LIMIT_GIB raised.",
      );
    }
    yield chunk;
  }
}

/**
 * Takes chunk after chunk; each is in the copy before it is given. Whoever asks while one is awaited gets the same, and
 * a failure is told to everybody who asks after it: what was broken off must never pass for the whole.
 */
function createTaker(chunks: AsyncGenerator<Buffer, void>, copy: SpoolFile) {
  const iterator: AsyncIterator<Buffer, void> = chunks[Symbol.asyncIterator]();
  let byteCount = 0;
  let taking: Promise<Buffer | undefined> | undefined;
  let isClosed = false;

  async function takeNext(): Promise<Buffer | undefined> {
    const next = await iterator.next();
    if (isClosed) throw new Error("The copy is closed");
    if (next.done === true) return undefined;
    await copy.append(next.value);
    byteCount += next.value.length;
    return next.value;
  }

  return {
    async take(): Promise<Buffer | undefined> {
      const current = (taking ??= takeNext());
      const chunk = await current; // the last one, and one that failed, stay: there is nothing behind them
      if (chunk !== undefined && taking === current) taking = undefined;
      return chunk;
    },
    byteCount: () => byteCount,
    async close() {
      isClosed = true;
      taking?.catch(() => undefined); // of one that was still awaited nobody wants to hear
      await copy.remove();
    },
  };
}
