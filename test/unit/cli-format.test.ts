import { expect, test } from "vitest";
import { countOf, formatBytes, formatCount, formatDuration } from "../../src/commands/format.ts";
import { formatMoment } from "../../src/domain/moment.ts";
import { formatTable } from "../../src/commands/table.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [65_300_000, "65.3 MB"],
  [999_960_000, "1.0 GB"],
  [3.2e15, "3200.0 TB"],
])("%d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [40, "0.0 s"],
  [830, "0.8 s"],
  [9_960, "10 s"],
  [45_000, "45 s"],
  [59_600, "1 min 0 s"],
  [125_000, "2 min 5 s"],
  [11_040_000, "3 h 4 min"],
])("%d ms are %s", (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

test("counts have thousands, and nouns their plural", () => {
  expect(formatCount(195_400)).toBe("195,400");
  expect([0, 1, 2000].map((count) => countOf(count, "run"))).toEqual(["0 runs", "1 run", "2,000 runs"]);
});

test("moments are shown to the second", () => {
  expect(formatMoment("2026-06-01T04:12:31.7047394Z")).toBe("2026-06-01 04:12:31");
});

test("a table aligns its columns and cuts nothing off", () => {
  const columns = [
    { title: "name", value: ({ name }: { name: string }) => name },
    { title: "rows", value: ({ rows }: { rows: number }) => rows, align: "right" as const },
  ];
  const rows = [
    { name: "a", rows: 5 },
    { name: "archive", rows: 1234 },
  ];
  expect(formatTable(columns, rows)).toBe(["name     rows", "a           5", "archive  1234"].join("\n"));
});
