import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { loadFile, loadFrom, PART } from "../support/imports.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let folder: string;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
  folder = await mkdtemp(join(tmpdir(), "billhouse-large-"));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const ROW_COUNT = 300_000;
const BAD = 199_999;
const MEGABYTE = 1024 * 1024;

test("in a file of 300,000 rows each keeps its number, and a bad one is named; memory stays flat", async () => {
  // Every row takes three lines, and those next to each other are not equally long. Behind each thousandth is a blank one.
  await writeRows((at) => {
    const row = `05/01/2026,${at === BAD ? "abc" : at},"row ${at}\n${"x".repeat((at * 7919) % 1000)}\n"`;
    return at % 1000 === 0 ? `${row}\n` : row;
  });
  expect((await stat(join(folder, PART))).size).toBeGreaterThan(150 * MEGABYTE);

  await loadFile(warehouse, Buffer.from("Date,Cost,ResourceName\nx,1,\n")); // what the first load takes is not the file's
  const memory = watchMemory();
  const load = await loadFrom(warehouse, folder);
  // V8 lets about 64 MB of chunks pass by before it collects them, whatever the size of the file.
  expect(memory.growth()).toBeLessThan(96 * MEGABYTE);

  expect(load).toMatchObject({ rowsLoaded: ROW_COUNT - 1, rowsRejected: 1 });
  expect(load.rejects).toEqual([
    {
      record: BAD,
      line: 3 * BAD - 1 + Math.floor(BAD / 1000),
      reason: expect.stringMatching(/^CostInBillingCurrency: "abc" is not a number/) as string,
    },
  ]);
  const wrong = await warehouse.rows(
    "SELECT line FROM cost_entries WHERE load_id = {loadId:UUID} AND (line != cost_in_billing_currency OR NOT startsWith(resource_name, format('row {}\n', toString(line))))",
    { loadId: load.loadId },
  );
  expect(wrong).toEqual([]);
});

test("in a file of 300,000 rows the one with a field too few is named", async () => {
  await writeRows((at) => `05/01/2026,${at}${at === BAD ? "" : ',"a\r\nb"'}`);
  await expect(loadFrom(warehouse, folder)).rejects.toThrow(
    `${PART}:${2 * BAD} (record ${BAD}) the header has 3 fields, this record 2: ResourceName is missing in "05/01/2026,${BAD}". Nothing was published.`,
  );
});

test("of a Parquet file of 150 MB the importer holds nothing in memory", async () => {
  const rows = await warehouse.stream(
    `SELECT toDate32('2026-05-01') AS Date, 1 AS Cost, randomPrintableASCII(1000) AS ResourceName FROM numbers(150000)
    SETTINGS output_format_parquet_compression_method = 'none', output_format_parquet_row_group_size = 20000`,
    "Parquet",
  );
  await pipeline(rows, createWriteStream(join(folder, PART)));
  expect((await stat(join(folder, PART))).size).toBeGreaterThan(140 * MEGABYTE);
  const memory = watchMemory();
  expect(await loadFrom(warehouse, folder)).toMatchObject({ rowsLoaded: 150_000, rowsRejected: 0 });
  expect(memory.growth()).toBeLessThan(96 * MEGABYTE);
});

async function writeRows(rowOf: (record: number) => string): Promise<void> {
  function* rows() {
    yield "Date,CostInBillingCurrency,ResourceName\n";
    for (let at = 1; at <= ROW_COUNT; at += 1000) {
      yield `${Array.from({ length: 1000 }, (_, index) => rowOf(at + index)).join("\n")}\n`;
    }
  }
  await pipeline(Readable.from(rows()), createWriteStream(join(folder, PART)));
}

/** How much more memory this process has held at most since now. */
function watchMemory(): { growth: () => number } {
  const begin = process.memoryUsage.rss();
  let most = begin;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10);
  return {
    growth: () => {
      clearInterval(timer);
      return most - begin;
    },
  };
}
