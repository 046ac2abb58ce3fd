import { expect, test } from "vitest";
import { formatJudgement, judge } from "../../bench/goals.ts";
import { compareLoads } from "../../bench/load-table.ts";
import type { Measurement } from "../../bench/measurement.ts";
import { formatSpread, quantileOf, spreadOf } from "../../bench/statistics.ts";

test("the median of an even number of figures lies between the two in the middle", () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
});

test("a quantile between two figures is taken by proportion", () => {
  const figures = Array.from({ length: 21 }, (_, index) => index * 10);
  expect(quantileOf(figures, 0.95)).toBe(190);
  expect(quantileOf([0, 10], 0.95)).toBeCloseTo(9.5);
});

test("no figures have no median", () => {
  expect(() => spreadOf([])).toThrow(RangeError);
});

test("a single figure is written without a range", () => {
  expect(formatSpread(spreadOf([1.234]))).toBe("1.23");
  expect(formatSpread(spreadOf([1, 2, 4]), 1)).toBe("2.0 (1.0-4.0)");
});

test("a goal is met by the figure that equals it, from either side", () => {
  const goal = { what: "speed", unit: "", value: 1.8 } as const;
  expect([1.79, 1.8, 1.81].map((figure) => judge({ ...goal, bound: "at least" }, figure).isMet)).toEqual([
    false,
    true,
    true,
  ]);
  expect([1.79, 1.8, 1.81].map((figure) => judge({ ...goal, bound: "at most" }, figure).isMet)).toEqual([
    true,
    true,
    false,
  ]);
});

test("a judgement says figure, bound and unit", () => {
  const goal = { what: "importer's peak memory", unit: "MB", bound: "at most", value: 200 } as const;
  expect(formatJudgement(judge(goal, 143.2))).toBe("met      importer's peak memory: 143 MB, at most 200 MB");
  expect(formatJudgement(judge(goal, 243.2))).toBe("NOT met  importer's peak memory: 243 MB, at most 200 MB");
});

test("each contestant is held against the same round of the first one", () => {
  const ours = contestant("ours", 1000, [2, 4]);
  const compared = compareLoads(EXPORT, [ours, contestant("other", 1000, [4, 4])]);
  expect(compared.map(({ advantage }) => advantage)).toEqual([undefined, { median: 1.5, min: 1, max: 2 }]);
});

test("a contestant that got a tenth of the rows is held against the time for a row", () => {
  const compared = compareLoads(EXPORT, [contestant("ours", 1000, [2, 4]), contestant("slow", 100, [30])]);
  expect(compared[1]).toMatchObject({
    seconds: { median: 300 },
    multipliedBy: 10,
    rowsPerSecond: 1000 / 300,
    advantage: { median: 150 },
  });
});

const EXPORT = { rowCount: 1000, rawByteCount: 1e6 };

function contestant(name: string, rowCount: number, seconds: readonly number[]) {
  const rounds = seconds.map((one): Measurement => ({ seconds: one, cpuSeconds: one, memory: [], phases: {} }));
  return { name, remark: "", rowCount, rounds };
}
