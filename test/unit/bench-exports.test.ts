import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { readExportHeader } from "../../bench/bare-engine.ts";
import type { GeneratedExport } from "../../bench/exports.ts";
import { createDuckdbTable } from "../../bench/peers/duckdb.ts";
import { typedColumns } from "../../bench/peers/typed-columns.ts";
import { repeatExport } from "../../bench/repeat-export.ts";
import { formatSum } from "../../src/demo/decimal.ts";
import { createEstate } from "../../src/demo/estate.ts";
import { folderSink } from "../../src/demo/sink.ts";
import { writeExport } from "../../src/demo/write-export.ts";
import { daysOfMonth, parseMonth } from "../../src/domain/month.ts";
import { countRows, exactSum } from "../support/exports.ts";

test.each([true, false])(
  "a repeated export has each part's header once and its records so often (gzip: %s)",
  async (gzip) => {
    const base = await generate(gzip);
    const directory = await emptyDirectory();

    const repeated = await repeatExport(base, 3, directory);

    const stored = await Promise.all(repeated.parts.map(({ path }) => readFile(join(directory, path))));
    const texts = stored.map((bytes) => (gzip ? gunzipSync(bytes) : bytes).toString());
    expect(repeated.rowCount).toBe(3 * base.rowCount);
    expect(texts.map(countRows)).toEqual(repeated.parts.map(({ rowCount }) => rowCount));
    expect(exactSum(texts, "CostInBillingCurrency")).toBe(repeated.total);
    expect(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)).toBe(repeated.rawByteCount);
    expect(texts.map((text) => text.split("InvoiceSectionName,").length)).toEqual(texts.map(() => 2));
  },
);

test("the manifest of a repeated export names its rows and stored bytes", async () => {
  const base = await generate(true);
  const directory = await emptyDirectory();

  const repeated = await repeatExport(base, 2, directory);

  const manifest: unknown = JSON.parse(await readFile(join(directory, repeated.manifestPath), "utf8"));
  expect(manifest).toMatchObject({
    dataRowCount: repeated.rowCount,
    blobs: repeated.parts.map(({ path, byteCount, rowCount }) => ({
      blobName: path,
      byteCount,
      dataRowCount: rowCount,
    })),
  });
  for (const { path, byteCount } of repeated.parts) expect((await stat(join(directory, path))).size).toBe(byteCount);
});

test("other engines are told the types of all columns in the file's order", async () => {
  const base = await generate(false);
  const columns = typedColumns((await readExportHeader(base)).mapping);
  expect(columns).toHaveLength(55);
  expect(columns.filter(({ type }) => type !== "text").map(({ name, type }) => `${name} ${type}`)).toEqual([
    "Date date",
    "Quantity decimal",
    "EffectivePrice decimal",
    "CostInBillingCurrency decimal",
    "Tags tags",
    "UnitPrice decimal",
    "BillingPeriodStartDate date",
    "BillingPeriodEndDate date",
    "PayGPrice decimal",
  ]);
});

test("a file's name with a quote stays a literal of DuckDB's statement", () => {
  expect(createDuckdbTable(["/tmp/it's.csv"], [{ name: "Cost", type: "decimal" }])).toContain("['/tmp/it''s.csv']");
});

async function generate(gzip: boolean): Promise<GeneratedExport> {
  const directory = await emptyDirectory();
  const written = await writeExport(folderSink(directory), {
    estate: createEstate({ seed: "bench", agreement: "ea", currency: "EUR", subscriptions: 3, resources: 20 }),
    columns: "ea-2023-12-01-preview",
    dataset: "actual",
    days: daysOfMonth(parseMonth("2026-05")),
    rows: 301,
    parts: 2,
    level: 1,
    gzip,
    bom: true,
    eol: "\n",
    exportName: "bench",
    runId: "3f0c6a52-5b7e-4c1d-9a83-0e7b1d2f4c66",
    submittedAt: "2026-06-03T04:12:31.7047394Z",
    layout: "overwrite",
    rootFolder: "exports",
  });
  const total = formatSum(written.sums.reduce((sum, one) => sum + one.sum, 0n));
  return { ...written, parts: [...written.parts], total, generatedInSeconds: 0, directory };
}

async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "billhouse-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
