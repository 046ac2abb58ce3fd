import { expect, test } from "vitest";
import { settingsOf } from "../../activities/part-format.ts";

const SMALL = { byteCount: 1000, partCount: 1, threads: 4 };
const CSV = { format: "csv", encoding: "gzip" } as const;
const NDJSON = { format: "ndjson", encoding: "none" } as const;

test.each([
  ["a file of its own run, with threads to spare", CSV, SMALL, 1],
  ["one of several files", CSV, { ...SMALL, partCount: 2 }, 0],
  ["a file where there are two threads for everything", CSV, { ...SMALL, threads: 2 }, 0],
  ["records of JSON", NDJSON, { ...SMALL, threads: 2 }, 1],
] as const)("how many threads read %s", (_, part, size, parallel) => {
  expect(settingsOf(part, size).input_format_parallel_parsing).toBe(parallel);
});

test("the larger a file, the larger the blocks that are written, never those that are read", () => {
  const blocks = [1000, 300 * 2 ** 20, 500 * 2 ** 20].map((byteCount) => settingsOf(CSV, { ...SMALL, byteCount }));
  expect(blocks.map((settings) => settings.min_insert_block_size_rows)).toEqual(["60000", "95000", "390000"]);
  for (const { max_block_size, max_insert_block_size } of blocks) {
    expect(max_insert_block_size).toBe(max_block_size);
    expect(Number(max_block_size)).toBeLessThanOrEqual(65_536);
  }
});
