import { expect, test } from "vitest";
import { compareSums } from "../../src/demo/control-sums.ts";
import { toSumUnits } from "../../src/demo/decimal.ts";
import type { ReconciledRun } from "../../src/demo/demo-commands.ts";
import { nextSteps } from "../../src/demo/next-steps.ts";
import { alignPoints } from "../../src/demo/story.ts";
import type { WrittenExport } from "../../src/demo/write-export.ts";
import { ReconciliationError } from "../../src/domain/errors.ts";

test("a difference in the last of thirty digits is seen", () => {
  const total = "164756.185775651041055543107340238711";
  const other = "164756.185775651041055543107340238710";
  const written = aFile([["CostInBillingCurrency", "EUR", total]]);

  expect(compareSums([written], [aRun("actual", [["actual", "EUR", total]])])).toMatchObject([{ difference: "0" }]);
  expect(compareSums([written], [aRun("actual", [["actual", "EUR", other]])])).toMatchObject([
    { ofFiles: total, difference: "-0.000000000000000000000000000001" },
  ]);
});

test("each sum is held against the column of its metric", () => {
  const written = aFile([
    ["BilledCost", "EUR", "3.5"],
    ["EffectiveCost", "EUR", "2.25"],
  ]);
  const run = aRun("focus", [
    ["actual", "EUR", "3.5"],
    ["amortized", "EUR", "2.25"],
  ]);
  expect(compareSums([written], [run]).map(({ difference }) => difference)).toEqual(["0", "0"]);
});

test("a run without a file, a sum too few and another currency are no proof", () => {
  const written = aFile([["CostInBillingCurrency", "EUR", "1"]]);
  const prove = (files: readonly WrittenExport[], sums: Sums) => () => compareSums(files, [aRun("actual", sums)]);

  expect(prove([], [["actual", "EUR", "1"]])).toThrow(ReconciliationError);
  expect(prove([written], [])).toThrow(ReconciliationError);
  expect(prove([written], [["actual", "USD", "1"]])).toThrow(ReconciliationError);
});

test("amounts keep their digits and stand below each other", () => {
  expect(alignPoints(["1.5", "-20.25", "300", null])).toEqual(["  1.5", "-20.25", "300", "  -"]);
});

test("the commands to come name what the shell has set, and nothing else", () => {
  const place = { dataDir: ".billhouse", database: "billhouse" };
  expect(nextSteps({ ...place, shell: {} })).toMatch(/^ {3}npm start$/m);
  const shell = { BILLHOUSE_DATA_DIR: "/tmp/it's here", CLICKHOUSE_DATABASE: "billhouse", HOME: "/root" };
  expect(nextSteps({ ...place, dataDir: "/tmp/it's here", shell })).toMatch(
    /^ {3}BILLHOUSE_DATA_DIR='\/tmp\/it'\\''s here' CLICKHOUSE_DATABASE=billhouse npm start$/m,
  );
});

type Sums = readonly (readonly ["actual" | "amortized", string, string])[];

function aRun(dataset: string, sums: Sums): ReconciledRun {
  return {
    exportName: "daily",
    dataset,
    runId: "one",
    declared: { rows: 1 },
    rowsLoaded: 1,
    rowsRejected: 0,
    rowDifference: 0,
    sums: sums.map(([metric, currency, total]) => ({ metric, currency, total })),
  };
}

function aFile(sums: readonly (readonly [string, string, string])[]): WrittenExport {
  return {
    exportName: "daily",
    runId: "one",
    rowCount: 1,
    rawByteCount: 1,
    parts: [],
    manifestPath: "manifest.json",
    sums: sums.map(([column, currency, sum]) => ({ column, currency, sum: toSumUnits(sum) })),
  };
}
