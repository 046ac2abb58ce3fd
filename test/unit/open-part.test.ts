import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { FileError } from "../../src/domain/errors.ts";
import { openPart } from "../../src/sources/open-part.ts";
import type { Store } from "../../src/sources/store.ts";

const TEXT = "Date,Cost\n05/01/2026,1\n";

test.each([
  ["part.csv.gz", Buffer.from(TEXT), "none"],
  ["part.csv", gzipSync(TEXT), "gzip"],
  ["part.snappy.parquet", gzipSync(TEXT), "gzip"],
  ["PAR1.csv", Buffer.from(`PAR2${TEXT}`), "none"],
  ["part", Buffer.from("PA\n"), "none"],
])("the content of %s says what it is, and not its name", async (path, bytes, encoding) => {
  for (const size of [1, 3, bytes.length]) {
    const { store, file } = storeOf(path, bytes, size);
    const part = await openPart(store, file);
    expect([part.format, part.encoding]).toEqual(["csv", encoding]);
    expect(await buffer(part.body)).toEqual(bytes);
  }
});

test.each(["PAR1", "PARE"])(
  "a file that begins with %s is Parquet by any name, and closed when its footer is missing",
  async (start) => {
    for (const size of [1, 3, 100]) {
      const { store, file, opened } = storeOf("part.csv", Buffer.from(`${start} and more`), size);
      const opening = openPart(store, file);
      await expect(opening).rejects.toThrow(FileError);
      await expect(opening).rejects.toThrow("part.csv: This Parquet file is cut off: it does not end with its footer.");
      await expect.poll(() => opened.map((stream) => stream.destroyed)).toEqual([true]);
    }
  },
);

test("closing the body closes the file, though nobody has begun to read", async () => {
  const { store, file, opened } = storeOf("part.csv", Buffer.from(TEXT), 7);
  const { body } = await openPart(store, file);
  body.destroy();
  await new Promise((resolve) => body.once("close", resolve));
  await expect.poll(() => opened[0]?.destroyed).toBe(true);
});

/** A store of one file, and the streams that it has opened. */
function storeOf(path: string, bytes: Buffer, size: number) {
  const opened: Readable[] = [];
  const store: Store = {
    place: "memory",
    prefix: "",
    async *list() {},
    open() {
      const count = Math.ceil(bytes.length / size);
      const chunks = Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
      const stream = Readable.from(chunks, { objectMode: false });
      opened.push(stream);
      return Promise.resolve(stream);
    },
    read: (_, start, end) => Promise.resolve(bytes.subarray(start, end)),
  };
  return { store, file: { path, etag: "1", byteCount: bytes.length }, opened };
}
