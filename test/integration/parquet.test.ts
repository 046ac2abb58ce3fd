import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parquetMetadata } from "hyparquet";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { COLUMN_SETS, type ColumnSetName } from "../../src/demo/column-set.ts";
import { folderSink, type Sink } from "../../src/demo/sink.ts";
import type { Dataset } from "../../src/domain/run.ts";
import { createFolderStore } from "../../src/sources/folder.ts";
import type { Store } from "../../src/sources/store.ts";
import { aRun, exactSum, type Line, type RenderedRun } from "../support/exports.ts";
import { aFile, anInbox, failureOf, loadFile, outcomeOf, PART } from "../support/imports.ts";
import { clickHouseWriter, DUCKDB, inFolder, type ParquetWriter, REQUIRED, runInDuck } from "../support/parquet.ts";
import { totalsOf } from "../support/totals.ts";
import { addFolderSource, importAll, startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let clickHouse: ParquetWriter;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
  clickHouse = clickHouseWriter(warehouse);
});
afterAll(async () => engine.close());

const AMOUNTS = [
  "0",
  "-0.5",
  "0.1",
  "0.2",
  "0.032256000000000014",
  "0.000000000000000001",
  "-98765432109876543210.123456789012345678",
];
const TAGS = ['"env": "prod","cost center": "a, b"', '{"team":"Größe 😀"}', ""];

/** Each in a month of its own, so that none silences another. */
const SETS: readonly (readonly [ColumnSetName, Dataset, duckCodec: string, clickHouseCodec: string, month: string])[] =
  [
    ["ea-2023-12-01-preview", "actual", "snappy", "gzip", "2026-01"],
    ["ea-2023-12-01-preview", "amortized", "zstd", "uncompressed", "2026-02"],
    ["mca-2023-12-01-preview", "actual", "gzip", "snappy", "2026-03"],
    ["mosp-2019-11-01", "usage", "uncompressed", "zstd", "2026-04"],
    ["focus-1.0r2", "focus", "snappy", "zstd", "2026-05"],
  ];

test.each(SETS)(
  "%s, %s: written by DuckDB with %s, and by ClickHouse with %s, it shows the same in costs as CSV does, in every column",
  async (columns, dataset, duckCodec, clickHouseCodec, month) => {
    const source = await addFolderSource(warehouse, { name: `source-${month}` });
    const isOurs = `source = '${source.name}'`;
    onTestFinished(() => source.remove());
    const deliver = async (day: string, change: (run: RenderedRun) => Promise<RenderedRun>) => {
      const submittedAt = `${day}T04:00:00.0000000Z`;
      const run = await change(
        aRun({ columns, dataset, submittedAt, parts: 2, month, lines: someLines(columns, month) }),
      );
      await run.writeTo(source.path);
      const outcome = outcomeOf(await importAll(warehouse, source.name), run);
      expect(outcome).toMatchObject({ outcome: "imported", report: { rowsLoaded: AMOUNTS.length, rowsRejected: 0 } });
      const [cost = ""] = COLUMN_SETS[columns].costColumns;
      const total = exactSum(run.texts, cost);
      expect(await totalsOf(warehouse, "costs", isOurs)).toMatchObject(
        dataset === "amortized" ? { amortized: total } : { actual: total },
      );
      return warehouse.rows(
        `SELECT * EXCEPT (load_id, tags, extra), mapSort(tags) AS tags, mapSort(extra) AS extra FROM costs
        WHERE ${isOurs} ORDER BY ALL`,
      );
    };
    const inParquet = (run: RenderedRun, writer: ParquetWriter, codec: string) =>
      inFolder(async (folder) => {
        let written = run;
        for (const [at, text] of run.texts.entries()) {
          written = written.withPart(at, await writer.write(await writer.typed(text, dataset, folder), codec));
        }
        return written;
      });

    const fromCsv = await deliver("2026-06-01", (run) => Promise.resolve(run));
    expect(fromCsv).toHaveLength(AMOUNTS.length);
    expect(await deliver("2026-06-02", (run) => inParquet(run, DUCKDB, duckCodec))).toEqual(fromCsv);
    expect(await deliver("2026-06-03", (run) => inParquet(run, clickHouse, clickHouseCodec))).toEqual(fromCsv);
  },
);

function someLines(columns: ColumnSetName, month: string): Line[] {
  const costColumns = COLUMN_SETS[columns].costColumns;
  return AMOUNTS.map((amount, at) => ({
    ...Object.fromEntries(costColumns.map((column) => [column, amount])),
    date: `${month}-${String(1 + at).padStart(2, "0")}`,
    tags: TAGS[at % TAGS.length] ?? "",
    resourceName: `web, "${at}"`,
  }));
}

test.each(["DuckDB", "ClickHouse"] as const)(
  "rows of many row groups written by %s keep the order of the file",
  async (name) => {
    const ROW_COUNT = 100_000;
    const writer = name === "DuckDB" ? DUCKDB : clickHouse;
    const select =
      name === "DuckDB"
        ? `SELECT DATE '2026-05-01' AS "Date", i AS "Cost", repeat('x', (i % 97)::INTEGER) AS "ResourceName" FROM range(1, ${ROW_COUNT + 1}) t(i)`
        : `SELECT toDate32('2026-05-01') AS Date, number + 1 AS Cost, repeat('x', number % 97) AS ResourceName FROM numbers(${ROW_COUNT})`;
    const file = await writer.write(select, "zstd", 2048);
    const { loadId, ...load } = await loadFile(warehouse, file);
    expect(load).toMatchObject({ rowsLoaded: ROW_COUNT, rowsRejected: 0 });
    const wrong = await warehouse.rows(
      "SELECT count() AS wrong FROM cost_entries WHERE load_id = {loadId:UUID} AND line != cost_in_billing_currency",
      { loadId },
    );
    expect(wrong).toEqual([{ wrong: "0" }]);
  },
);

test("a partitioned run of Parquet files by any name is imported and counted against its manifest", async () => {
  const inbox = await anInbox(warehouse);
  const file = (first: number) =>
    DUCKDB.write(
      `SELECT DATE '2026-05-01' AS "Date", i * 0.1 AS "Cost", 'USD' AS "BillingCurrency" FROM range(${first}, ${first + 3}) t(i)`,
      "gzip",
    );
  const lines = Array.from({ length: 9 }, () => ({}));
  const run = aRun({ dataset: "actual", parts: 3, lines })
    .withPart(0, await file(1))
    .withPart(1, await file(4))
    .withPart(2, await file(7));
  const renamed = inParquetNames(run);
  await inbox.deliver(renamed);
  expect([...renamed.files.keys()].filter((path) => path.endsWith(".snappy.parquet"))).toHaveLength(3);
  expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("4.5");

  const short = aRun({ dataset: "actual", lines: [{}, {}], submittedAt: "2026-06-20T00:00:00.0000000Z" }).withPart(
    0,
    await file(1),
  );
  expect(failureOf(await inbox.deliver(short), short).message).toContain(
    "the manifest announces 2 rows, but there are 3.",
  );
});

describe("a Parquet file is refused", () => {
  let good: Buffer;
  beforeAll(async () => {
    const rows = `SELECT ${REQUIRED.ClickHouse.join(", ")}, toString(cityHash64(number)) AS ResourceName FROM numbers(5000)`;
    good = await clickHouse.write(rows, "uncompressed");
  });

  test.each<[string, () => Buffer | Promise<Buffer>, string]>([
    [
      "that is cut in half",
      () => good.subarray(0, good.length >> 1),
      ": This Parquet file is cut off: it does not end with its footer. Deliver the run again.",
    ],
    [
      "that is nothing but its first bytes",
      () => Buffer.from("PAR1"),
      ": This Parquet file is cut off: it does not end with its footer. Deliver the run again.",
    ],
    [
      "whose footer would begin before the file",
      () => changed(good, (bytes) => bytes.writeUInt32LE(bytes.length, bytes.length - 8)),
      / This Parquet file is cut off or corrupt: its footer should have \d+ bytes, but the whole file has \d+\./.source,
    ],
    [
      "whose footer is garbage",
      () => changed(good, (bytes) => bytes.fill(0x77, bytes.length - 200, bytes.length - 8)),
      ": The footer of this Parquet file is corrupt.",
    ],
    [
      "of which a page is corrupt",
      () => changed(good, (bytes) => bytes.fill(0x77, bytes.length >> 1, (bytes.length >> 1) + 4)),
      ': The column "ResourceName" cannot be read: ',
    ],
    [
      "of which bytes in the middle are missing",
      () => Buffer.concat([good.subarray(0, 1000), good.subarray(-4000)]),
      ": The Parquet data cannot be read: Range out of bounds: offset",
    ],
    [
      "that is encrypted",
      encrypted,
      ": This Parquet file is encrypted, and there is no key to it. Deliver it without encryption.",
    ],
    [
      "packed with LZO",
      () => withCodec(good, 3),
      ': The column "Date" is packed with LZO, which cannot be unpacked. Deliver the run with snappy, gzip, zstd or unpacked.',
    ],
    [
      "without a cost",
      () => DUCKDB.write(`SELECT DATE '2026-05-01' AS "Date", 1 AS "Quantity"`, "snappy"),
      ": The header lacks what every actual export has: cost_in_billing_currency (CostInBillingCurrency, Cost, PreTaxCost, ExtendedCost, BilledCost). Found 2 columns: Date, Quantity. Check that this is a cost export.",
    ],
    [
      "with a column twice",
      () => clickHouse.write(`SELECT ${REQUIRED.ClickHouse.join(", ")}, 1 AS cost`, "snappy"),
      ': Column "cost" stands twice in the header (2 and 3).',
    ],
    [
      "with a column of a type that has no text",
      () => DUCKDB.write(`SELECT ${REQUIRED.DuckDB.join(", ")}, INTERVAL 3 DAY AS "Term"`, "snappy"),
      ': The column "Term" is of the Parquet type INTERVAL, which cannot be read as text. Deliver the run without it, or as CSV.',
    ],
  ])("%s", async (_, make, message) => {
    const error = await loadFile(warehouse, await make()).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ name: expect.stringMatching(/^(File|Header)Error$/) as string });
    expect(String(error)).toMatch(
      message.startsWith(" This") ? new RegExp(`${PART}:${message}`) : new RegExp(`${PART}${escaped(message)}`),
    );
  });

  test("when it has fewer rows than its footer says", async () => {
    const rowCount = Buffer.from([0x16, 0x90, 0x4e]); // 5000 as Thrift writes it
    const file = changed(good, (bytes) => {
      const at = bytes.indexOf(rowCount, bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8));
      Buffer.from([0x16, 0x92, 0x4e]).copy(bytes, at);
    });
    await expect(loadFile(warehouse, file)).rejects.toThrow(
      `${PART}: the footer of the Parquet file announces 5001 rows, but there are 5000. Nothing was published. Deliver the run again.`,
    );
  });
});

test("a Parquet file that changes while it is read is read anew, and only its new bytes count", async () => {
  const inbox = await anInbox(warehouse);
  const file = (cost: string) =>
    clickHouse.write(
      `SELECT toDate32('2026-05-01') AS Date, ${cost} AS Cost, 'USD' AS BillingCurrency, toString(cityHash64(number)) AS ResourceName FROM numbers(100000)`,
      "uncompressed",
    );
  const run = aFile(await file("1.5"), { gzip: false });
  const other = await file("2.5");
  await run.writeTo(inbox.source.path);
  const path = join(inbox.source.path, run.partPaths[0] ?? "");
  let opened = 0;
  const openStore = (): Store => {
    const store = createFolderStore(inbox.source.path);
    return {
      ...store,
      async read(version, start, end, signal) {
        const bytes = await store.read(version, start, end, signal);
        if (start + bytes.length === version.byteCount && ++opened === 2) await writeFile(path, other); // behind the footer
        return bytes;
      },
    };
  };
  const report = await importAll(warehouse, inbox.source.name, {}, openStore);
  expect(other.length).toBe(run.files.get(run.partPaths[0] ?? "")?.length);
  expect(report.runs.map(({ outcome }) => outcome)).toEqual(["imported"]);
  expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("250000");
});

/** The parts are called as Azure calls Parquet files. */
function inParquetNames(run: RenderedRun): RenderedRun {
  const rename = (path: string) => path.replace(/\.csv(\.gz)?$/, ".snappy.parquet");
  const { files } = run.withManifest((manifest) => ({
    ...manifest,
    deliveryConfig: { ...manifest.deliveryConfig, fileFormat: "Parquet", compressionMode: "snappy" },
    blobs: manifest.blobs.map((blob) => ({ ...blob, blobName: rename(blob.blobName) })),
  }));
  const renamed = new Map([...files].map(([path, bytes]) => [rename(path), bytes]));
  const writeTo = async (target: string | Sink) => {
    const sink = typeof target === "string" ? folderSink(target) : target;
    for (const [path, bytes] of renamed) await sink.put(path, bytes);
  };
  return { ...run, files: renamed, writeTo };
}

/** Every page is said to be packed with another codec, by its number in the format. */
function withCodec(file: Buffer, codec: number): Buffer {
  const { schema } = parquetMetadata(file);
  const name = schema[1]?.name ?? "";
  return changed(file, (bytes) => {
    const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
    const path = bytes.indexOf(name, bytes.indexOf(name, footer) + 1) + name.length;
    bytes.writeUInt8(2 * codec, path + 1); // behind the path come the codec's field and its number
  });
}

async function encrypted(): Promise<Buffer> {
  return inFolder(async (folder) => {
    const path = join(folder, "file.parquet");
    await runInDuck(
      "SET force_mbedtls_unsafe = 'true'",
      "PRAGMA add_parquet_key('key', '0123456789112345')",
      `COPY (SELECT ${REQUIRED.DuckDB.join(", ")}) TO '${path}' (FORMAT parquet, ENCRYPTION_CONFIG {footer_key: 'key'})`,
    );
    return readFile(path);
  });
}

function changed(file: Buffer, change: (bytes: Buffer) => unknown): Buffer {
  const copy = Buffer.from(file);
  change(copy);
  return copy;
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&");
}
