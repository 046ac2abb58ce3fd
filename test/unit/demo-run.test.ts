import { expect, test } from "vitest";
import { COLUMN_SETS } from "../../src/demo/column-set.ts";
import { COLUMN_SET_NAMES } from "../../src/domain/column-sets.ts";
import { aRun, countRows, exactSum, recordsOf, textOf } from "../support/exports.ts";

test("a run holds exactly the lines that were asked for, shared among its parts", () => {
  const lines = ["0.1", "0.2", "1E-05"].map((cost) => ({ cost, currency: "EUR" }));

  const run = aRun({ dataset: "actual", lines, parts: 2 });

  expect(run.texts.map(countRows)).toEqual([1, 2]);
  expect(exactSum(run.texts, "CostInBillingCurrency", { BillingCurrencyCode: "EUR" })).toBe("0.30001");
  expect([...run.files.keys()]).toEqual([...run.partPaths, run.manifestPath]);
});

test.each(COLUMN_SET_NAMES)("a line's fields reach the columns of %s in the format of its files", (columns) => {
  const { datasets, costColumns, currencyColumn } = COLUMN_SETS[columns];
  const lines = [{ cost: "-0.1", currency: "GBP", date: "2026-05-07", subscriptionId: "s-1" }];

  const record = recordsOf(aRun({ dataset: datasets[0], columns, lines }).texts.join(""))[0] ?? {};

  expect(costColumns.map((column) => record[column])).toEqual(costColumns.map(() => "-0.1"));
  expect(record[currencyColumn] ?? "GBP").toBe("GBP"); // files of 2019 do not name it
  const shown = Object.values(record);
  expect(shown.some((cell) => ["05/07/2026", "2026-05-07", "2026-05-07T00:00:00Z"].includes(cell))).toBe(true);
  expect(shown.some((cell) => cell === "s-1" || cell === "/subscriptions/s-1")).toBe(true);
});

test("a line may set any column of the file by its name", () => {
  const run = aRun({
    dataset: "actual",
    lines: [{ Date: "31.05.2026", Term: "x,y", PlanName: '"', CostCenter: "a\r\nb" }],
  });

  expect(recordsOf(run.texts.join(""))[0]).toMatchObject({
    Date: "31.05.2026",
    Term: "x,y",
    PlanName: '"',
    CostCenter: "a\r\nb",
  });
  expect(() => aRun({ dataset: "actual", lines: [{ Datum: "" }] })).toThrow("Datum");
});

test("line ends, byte order mark and compression are as asked", () => {
  const run = aRun({ dataset: "actual", lines: [{}], gzip: false, bom: true, eol: "\r\n" });
  const bytes = run.files.get(run.partPaths[0] ?? "") ?? Buffer.alloc(0);

  expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
  expect(textOf(bytes).endsWith("\r\n")).toBe(true);
  expect(run.partPaths[0]).toMatch(/\/part_0_0001\.csv$/);
});

test("the manifest tells the truth until a test makes it lie", () => {
  const run = aRun({ dataset: "actual", lines: [{}, {}], parts: 2 });
  const stored = (path: string) => JSON.parse(String(run.files.get(path))) as unknown;

  expect(stored(run.manifestPath)).toMatchObject({
    blobCount: 2,
    dataRowCount: 2,
    blobs: run.partPaths.map((blobName) => ({ blobName, byteCount: run.files.get(blobName)?.length, dataRowCount: 1 })),
    runInfo: { runId: run.runId, startDate: "2026-05-01T00:00:00", endDate: "2026-05-31T00:00:00Z" },
  });
  const lying = run.withManifest((manifest) => ({ ...manifest, dataRowCount: 3 }));
  expect(JSON.parse(String(lying.files.get(run.manifestPath)))).toMatchObject({ dataRowCount: 3 });
  expect(run.withoutPart(1).files.size).toBe(2);
  expect(run.withPart(0, Buffer.from("x")).manifest.blobs[0]?.byteCount).toBe(1);
});
