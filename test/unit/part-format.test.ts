import { expect, test } from "vitest";
import { settingsOf } from "../../activities/part-format.ts";

const SMALL = { byteCount: 1000, partCount: 1 };
const FOUR = { threads: 4, compilesPatterns: true };
const TWO = { threads: 2, compilesPatterns: true };
const CSV = { format: "csv", encoding: "gzip" } as const;
const NDJSON = { format: "ndjson", encoding: "none" } as const;
const PARQUET = { format: "parquet", encoding: "none" } as const;

test.each([
  ["a file of its own run, with threads to spare", CSV, SMALL, FOUR, 1],
  ["one of several files", CSV, { ...SMALL, partCount: 2 }, FOUR, 0],
  ["a file where there are two threads for everything", CSV, SMALL, TWO, 0],
  ["records of JSON", NDJSON, SMALL, TWO, 1],
] as const)("how many threads read %s", (_, part, size, engine, parallel) => {
  expect(settingsOf(part, size, engine).input_format_parallel_parsing).toBe(parallel);
});

test("the larger a file, the larger the blocks that are written, never those that are read", () => {
  const blocks = [1000, 300 * 2 ** 20, 500 * 2 ** 20].map((byteCount) =>
    settingsOf(CSV, { ...SMALL, byteCount }, FOUR),
  );
  expect(blocks.map((settings) => settings.min_insert_block_size_rows)).toEqual(["60000", "95000", "390000"]);
  for (const { max_block_size, max_insert_block_size } of blocks) {
    expect(max_insert_block_size).toBe(max_block_size);
    expect(Number(max_block_size)).toBeLessThanOrEqual(65_536);
  }
});

test.each([CSV, NDJSON, PARQUET])("patterns are not compiled for $format, and older engines not told so", (part) => {
  const { compile_regular_expressions } = settingsOf(part, SMALL, FOUR);
  expect(compile_regular_expressions).toBe(0);
  expect(settingsOf(part, SMALL, { ...FOUR, compilesPatterns: false })).not.toHaveProperty(
    "compile_regular_expressions",
  );
});
