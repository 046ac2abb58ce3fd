import { createGzip, gzipSync } from "node:zlib";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { loadFile, PART } from "../support/imports.ts";
import { clickHouseWriter } from "../support/parquet.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());

const MEBIBYTE = 2 ** 20;
const HEADER = "Date,Cost,ResourceName\n";
const ROW = "05/01/2026,1,x\n";

test.each([
  ["one field of 100 MB of zeros", () => bomb(`${HEADER}05/01/2026,1,`, Buffer.alloc(MEBIBYTE, "0"), 100)],
  ["20 million short rows", () => bomb(HEADER, Buffer.from(ROW.repeat(100_000)), 200)],
  ["100 MB of blank lines", () => bomb(HEADER, Buffer.alloc(MEBIBYTE, "\n"), 100)],
  ["a quote that is opened before 100 MB", () => bomb(`${HEADER}05/01/2026,1,"`, Buffer.alloc(MEBIBYTE, "0"), 100)],
  [
    "a bomb behind a harmless gzip member",
    async () => Buffer.concat([gzipSync(HEADER + ROW), await bomb("", Buffer.from(ROW.repeat(100_000)), 70)]),
  ],
])("a gzip bomb is refused before the warehouse has it: %s", async (_, make) => {
  const bytes = await make();
  expect(bytes.length).toBeLessThan(MEBIBYTE);
  await expect(loadFile(warehouse, bytes, "actual", 50 * MEBIBYTE)).rejects.toMatchObject({
    name: "PartLimitError",
    message: expect.stringContaining(`${PART}: ${tooLarge(bytes, "0.048828125 GiB")}`) as string,
  });
});

test("a plain file that is larger than the limit is refused", async () => {
  const bytes = Buffer.from(HEADER + ROW.repeat(1000));
  await expect(loadFile(warehouse, bytes, "actual", bytes.length - 1)).rejects.toThrow(tooLarge(bytes, ""));
});

test("a file that unpacks to the limit exactly is imported, one byte more is too much", async () => {
  const text = HEADER + ROW.repeat(200_000);
  expect(await loadFile(warehouse, gzipSync(text), "actual", text.length)).toMatchObject({ rowsLoaded: 200_000 });
  await expect(loadFile(warehouse, gzipSync(text), "actual", text.length - 1)).rejects.toThrow(/unpacks to more than/);
});

test("a gzip that is broken is not taken for a bomb", async () => {
  const bytes = gzipSync(HEADER + Array.from({ length: 20_000 }, (_, at) => `05/01/2026,${at * 7919},x\n`).join(""));
  await expect(loadFile(warehouse, bytes.subarray(0, -100), "actual", MEBIBYTE)).rejects.toThrow(
    /the gzip data ends too early/,
  );
});

test("a Parquet file whose pages unpack to more is refused by its footer, before the warehouse has it", async () => {
  const bytes = await clickHouseWriter(warehouse).write(
    `SELECT toDate32('2026-05-01') AS Date, 1 AS Cost, repeat('0', 1000000) AS ResourceName FROM numbers(100)`,
    "zstd",
  );
  expect(bytes.length).toBeLessThan(MEBIBYTE);
  await expect(loadFile(warehouse, bytes, "actual", 50_000)).rejects.toThrow(tooLarge(bytes, ""));
});

test("a Parquet file of more values than bytes are allowed is refused, however well they are packed", async () => {
  const bytes = await clickHouseWriter(warehouse).write(
    "SELECT toDate32('2026-05-01') AS Date, 1 AS Cost FROM numbers(100000)",
    "zstd",
  );
  expect(bytes.length).toBeLessThan(50_000);
  await expect(loadFile(warehouse, bytes, "actual", 199_999)).rejects.toThrow(tooLarge(bytes, ""));
  expect(await loadFile(warehouse, bytes, "actual", 200_000)).toMatchObject({ rowsLoaded: 100_000 });
});

function tooLarge(bytes: Buffer, limit: string): string {
  return `This part of ${bytes.length} bytes unpacks to more than ${limit}`;
}

/** A gzipped file that begins with a text and goes on with the same bytes over and over. */
async function bomb(start: string, bytes: Buffer, times: number): Promise<Buffer> {
  function* contents() {
    yield start;
    for (let at = 0; at < times; at++) yield bytes;
  }
  return buffer(Readable.from(contents()).pipe(createGzip({ level: 9 })));
}
