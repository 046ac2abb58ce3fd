import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { FileError, PartLimitError, StorageError } from "../../src/domain/errors.ts";
import { createPushBody } from "../../src/sources/push-body.ts";
import { unpackOnce } from "../../src/sources/push-encoding.ts";

const FILE = { path: "body", byteCount: 0, etag: "" };
const CHUNKS = ["one,", "two,", "three,", "four"].map((text) => Buffer.from(text));
const ALL = Buffer.concat(CHUNKS);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "billhouse-push-"));
  vi.stubEnv("TMPDIR", directory);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(directory, { recursive: true });
  });
});

test("what comes once can be read as often as one likes, from the first byte on, also while it comes", async () => {
  const sender = aSender();
  const body = await createPushBody("body", sender.chunks, 1000);
  const first = await body.store.open(FILE);
  expect(String(await nextOf(first))).toBe("one,");
  expect(sender.given()).toBeLessThanOrEqual(2); // a stream reads one chunk ahead
  const second = await body.store.open(FILE);
  expect(await Promise.all([buffer(first), buffer(second)])).toEqual([ALL.subarray(4), ALL]);
  expect(await buffer(await body.store.open(FILE))).toEqual(ALL);
  expect(await body.store.read(FILE, 4, 8)).toEqual(CHUNKS[1]);
  expect(await body.store.read(FILE, 15, 100)).toEqual(ALL.subarray(15));
  expect([sender.given(), body.byteCount()]).toEqual([CHUNKS.length, ALL.length]);
  await body.close();
});

test("who begins to read after somebody has left reads what was taken, and then what still comes", async () => {
  const sender = aSender();
  const body = await createPushBody("body", sender.chunks, 1000);
  (await body.store.open(FILE)).destroy();
  expect(await buffer(await body.store.open(FILE))).toEqual(ALL);
  await body.close();
});

test("what breaks off never passes for a whole, whoever asks and however often", async () => {
  const broken = new FileError("body: it broke off");
  const body = await createPushBody("body", aSender(broken).chunks, 1000);
  for (let at = 0; at < 3; at++) await expect(buffer(await body.store.open(FILE))).rejects.toBe(broken);
  await expect(body.takeAll()).rejects.toBe(broken);
  await expect(body.store.read(FILE, 0, 1000)).rejects.toBe(broken);
  await body.close();
});

test("a signal ends the reading, and the copy is gone when the body is closed", async () => {
  const body = await createPushBody("body", aSender().chunks, 1000);
  expect(await body.isParquet()).toBe(false);
  const [name = ""] = await readdir(directory);
  expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  const stop = new AbortController();
  const stream = await body.store.open(FILE, stop.signal);
  stop.abort();
  await expect(buffer(stream)).rejects.toMatchObject({ name: "AbortError" });
  await body.close();
  expect(await readdir(directory)).toEqual([]);
});

test("more than a part may have is refused, and a directory that is not there told", async () => {
  const body = await createPushBody("body", aSender().chunks, ALL.length - 1);
  await expect(body.takeAll()).rejects.toThrow(PartLimitError);
  await body.close();
  const fitting = await createPushBody("body", aSender().chunks, ALL.length);
  expect(await fitting.takeAll()).toBe(ALL.length);
  await fitting.close();
  vi.stubEnv("TMPDIR", join(directory, "nowhere"));
  const making = createPushBody("body", aSender().chunks, 1000);
  await expect(making).rejects.toThrow(StorageError);
  await expect(making).rejects.toThrow("what was sent could not be kept there (ENOENT): make room");
});

test.each([
  ["text stays packed", gzipSync("Date,Cost\n"), gzipSync("Date,Cost\n")],
  ["Parquet is unpacked", gzipSync("PAR1 and more"), Buffer.from("PAR1 and more")],
  ["a gzip file is unpacked", gzipSync(gzipSync("Date,Cost\n")), gzipSync("Date,Cost\n")],
  ["what is not packed stays as it is", Buffer.from("Date,Cost\n"), Buffer.from("Date,Cost\n")],
  ["nothing stays nothing", Buffer.alloc(0), Buffer.alloc(0)],
])("of what is gzipped on its way %s", async (_, sent, file) => {
  for (const size of [1, 1000]) {
    const chunks = Array.from({ length: Math.ceil(sent.length / size) }, (__, at) =>
      sent.subarray(at * size, (at + 1) * size),
    );
    expect(
      await buffer(
        Readable.from(unpackOnce("body", Readable.from(chunks, { objectMode: false })), { objectMode: false }),
      ),
    ).toEqual(file);
  }
});

test("Parquet whose packing is broken is refused", async () => {
  const sent = gzipSync(Buffer.concat([Buffer.from("PAR1"), Buffer.alloc(10_000, "x")])).subarray(0, -6);
  const unpacking = buffer(Readable.from(unpackOnce("body", Readable.from([sent]))));
  await expect(unpacking).rejects.toThrow(FileError);
});

/** Gives the chunks one by one, and breaks off at their end where there is a failure. */
function aSender(failure?: Error): { chunks: AsyncIterable<Buffer>; given: () => number } {
  let given = 0;
  async function* chunks() {
    for (const chunk of CHUNKS) {
      given++;
      yield chunk;
    }
    if (failure !== undefined) throw failure;
  }
  return { chunks: chunks(), given: () => given };
}

async function nextOf(stream: Readable): Promise<unknown> {
  const iterator = stream.iterator({ destroyOnReturn: false });
  const { value } = (await iterator.next()) as IteratorResult<unknown, undefined>;
  return value;
}
