import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { expect, onTestFinished, test } from "vitest";
import { COLUMN_SETS, type ColumnSetName } from "../../src/demo/column-set.ts";
import { formatSum } from "../../src/demo/decimal.ts";
import { createEstate } from "../../src/demo/estate.ts";
import { folderSink, type Sink } from "../../src/demo/sink.ts";
import { type ExportRun, type WrittenExport, writeExport } from "../../src/demo/write-export.ts";
import { daysOfMonth, parseDay, parseMonth } from "../../src/domain/month.ts";
import { countRows, exactSum, recordsOf, textOf } from "../support/exports.ts";

const SETS: readonly ColumnSetName[] = [
  "ea-2024-08-01",
  "ea-2021-10-01",
  "ea-portal",
  "mca-2023-12-01-preview",
  "csp-2021-10-01",
  "mosp-2019-11-01",
  "focus-1.0r2",
  "focus-1.2",
];
const ROWS = 1_000;

test.each(SETS)("%s: rows parse, and the control sums are those of the text", async (columns) => {
  const { written, texts } = await generate({ columns });
  const { currencyColumn, costColumns, columns: expected } = COLUMN_SETS[columns];

  for (const text of texts) {
    const records = parse(text, { bom: true });
    expect(new Set(records.map((record) => record.length))).toEqual(new Set([expected.length]));
  }
  expect(texts.map(countRows)).toEqual(written.parts.map(({ rowCount }) => rowCount));
  expect(countRows(texts)).toBe(ROWS);
  expect(written.sums.map(({ column }) => column)).toEqual(costColumns);
  for (const { column, currency, sum } of written.sums) {
    expect(formatSum(sum)).toBe(exactSum(texts, column, { [currencyColumn]: currency }));
    expect(formatSum(sum)).toBe(exactSum(texts, column));
  }
});

test("the manifest comes last and its figures are those of the files", async () => {
  const { written, paths, files, manifest } = await generate({ parts: 3 });

  expect(paths).toEqual([...written.parts.map(({ path }) => path), written.manifestPath]);
  expect(manifest).toMatchObject({
    manifestVersion: "2024-04-01",
    blobCount: 3,
    byteCount: files.reduce((sum, { length }) => sum + length, 0),
    dataRowCount: ROWS,
    blobs: written.parts.map(({ path }, index) => ({ blobName: path, byteCount: files[index]?.length })),
  });
});

test("the same options give the same bytes, another seed gives others", async () => {
  const first = await generate({});
  const again = await generate({});
  const other = await generate({ estate: estateOf("other") });

  expect(again.texts).toEqual(first.texts);
  expect(other.texts).not.toEqual(first.texts);
});

test("a later delivery repeats the days before its predecessor's last, and completes that one", async () => {
  const days = (last: string) => ({ first: parseDay("2026-05-01"), last: parseDay(last) });
  const earlier = await generate({ days: days("2026-05-02"), rows: 400, submittedAt: "2026-05-02T18:00:00.0000000Z" });
  const later = await generate({ days: days("2026-05-03"), rows: 600, submittedAt: "2026-05-03T18:00:00.0000000Z" });
  const linesOn = (texts: readonly string[], date: string) =>
    texts.flatMap(recordsOf).filter((record) => record["Date"] === date);

  expect(linesOn(later.texts, "05/01/2026")).toEqual(linesOn(earlier.texts, "05/01/2026"));
  expect(linesOn(later.texts, "05/02/2026")).not.toEqual(linesOn(earlier.texts, "05/02/2026"));
});

test("actual and amortized figures of an estate differ by its reservations alone", async () => {
  const actual = (await generate({ dataset: "actual" })).texts.flatMap(recordsOf);
  const amortized = (await generate({ dataset: "amortized" })).texts.flatMap(recordsOf);
  const reserved = (records: Record<string, string>[], type: string) =>
    records.filter(({ PricingModel, ChargeType }) => PricingModel === "Reservation" && ChargeType === type);

  expect(reserved(actual, "Usage").every((record) => record["CostInBillingCurrency"] === "0")).toBe(true);
  expect(reserved(actual, "Purchase").length).toBeGreaterThan(0);
  expect(reserved(actual, "UnusedReservation")).toEqual([]);
  expect(reserved(amortized, "Usage").every((record) => Number(record["CostInBillingCurrency"]) > 0)).toBe(true);
  expect(reserved(amortized, "Purchase")).toEqual([]);
  const unused = reserved(amortized, "UnusedReservation");
  expect(new Set(unused.map((record) => record["SubscriptionId"]))).toEqual(new Set([""]));
});

test("the quirks of real files are all there", async () => {
  const { texts } = await generate({ rows: 12_000 });
  const text = texts.join("");
  const records = texts.flatMap(recordsOf);
  const cost = (pattern: RegExp) => records.some((record) => pattern.test(record["CostInBillingCurrency"] ?? ""));

  expect(cost(/^\d\.\d+E-\d\d$/)).toBe(true);
  expect(cost(/0000000001\d$/)).toBe(true);
  expect(cost(/^-/)).toBe(true);
  expect(cost(/^0\.\d{28}$/)).toBe(true);
  expect(records.some((record) => (record["AdditionalInfo"] ?? "").includes("\r\n"))).toBe(true);
  expect(records.some((record) => record["PublisherType"] === "Marketplace")).toBe(true);
  expect(records.some((record) => record["ChargeType"] === "RoundingAdjustment")).toBe(true);
  expect(records.some((record) => (record["ResourceId"] ?? "").includes("/resourcegroups/"))).toBe(true);
  expect(new Set(records.map((record) => JSON.stringify(record))).size).toBeLessThan(records.length);
  expect(text).toMatch(/Überwachung|東京/);
  expect(records.filter((record) => record["Tags"]?.startsWith("{"))).toEqual([]);
});

test("an MCA file leaves invoice and billing period blank while the month is open", async () => {
  const open = await generate({ columns: "mca-2023-12-01-preview", submittedAt: "2026-05-31T18:00:00.0000000Z" });
  const closed = await generate({ columns: "mca-2023-12-01-preview" });
  const periods = (texts: readonly string[]) =>
    new Set(texts.flatMap(recordsOf).map((record) => [record["invoiceId"], record["billingPeriodEndDate"]].join(" ")));

  expect(periods(open.texts)).toEqual(new Set([" "]));
  expect(periods(closed.texts)).toEqual(new Set(["G026057731 05/31/2026"]));
});

type Generated = {
  readonly written: WrittenExport;
  /** Every path in the order of writing. */
  readonly paths: readonly string[];
  readonly files: readonly Buffer[];
  readonly texts: readonly string[];
  readonly manifest: unknown;
};

async function generate(options: Partial<ExportRun>): Promise<Generated> {
  const directory = await mkdtemp(join(tmpdir(), "billhouse-demo-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const columns = options.columns ?? "ea-2023-12-01-preview";
  const folder = folderSink(directory);
  const paths: string[] = [];
  const put: Sink["put"] = (path, body) => {
    paths.push(path);
    return folder.put(path, body);
  };
  const written = await writeExport(
    { put },
    {
      estate: estateOf("test"),
      columns,
      dataset: COLUMN_SETS[columns].datasets[0],
      days: daysOfMonth(parseMonth("2026-05")),
      rows: ROWS,
      parts: 2,
      level: 1,
      gzip: true,
      bom: false,
      eol: "\r\n",
      exportName: "generated",
      runId: "6e4a6220-2ffa-472f-a81d-e2490bf3afdf",
      submittedAt: "2026-06-03T04:12:31.7047394Z",
      layout: "create-new",
      rootFolder: "exports",
      ...options,
    },
  );
  const files = await Promise.all(written.parts.map(({ path }) => readFile(join(directory, path))));
  const manifest: unknown = JSON.parse(await readFile(join(directory, written.manifestPath), "utf8"));
  return { written, paths, files, texts: files.map(textOf), manifest };
}

function estateOf(seed: string) {
  return createEstate({ seed, agreement: "ea", currency: "EUR", subscriptions: 6, resources: 200 });
}
