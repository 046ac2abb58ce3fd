import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createActivities } from "../../activities/activities.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { createFolderStore } from "../../src/sources/folder.ts";
import type { Store } from "../../src/sources/store.ts";
import { importSource, type SourceReport } from "../../workflows/import-source.ts";
import { aRun, type RenderedRun, type RunOptions } from "../support/exports.ts";
import { aFile, anInbox, failureOf, type Inbox, loadFile, openInbox, outcomeOf } from "../support/imports.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());

const HEADER =
  "Date,CostInBillingCurrency,Quantity,BillingCurrencyCode,BillingPeriodEndDate,IsAzureCreditEligible,Tags";
const GOOD = "05/01/2026,1.5,1,USD,05/31/2026,True,";
const MANY = Array.from({ length: 5000 }, (_, at) => `05/01/2026,${at * at},${at},USD,,,"""n"": ""${at * 7919}"""`);
const ZIPPED = gzipSync([HEADER, ...MANY, ""].join("\n"));
const AGAIN = "Nothing was published. Deliver the run again.";
const NUMBER = "is not a number of at most 46 digits before and 30 after the point";
const DAY = "is not a day such as 2026-05-31 or 05/31/2026";

type Bad = readonly [
  what: string,
  file: string | Buffer,
  error: string,
  message: string | RegExp,
  options?: Partial<RunOptions>,
];

const GZIP: readonly Bad[] = [
  [
    "a truncated gzip",
    ZIPPED.subarray(0, -20),
    "FileError",
    gzipMessage("the gzip data ends too early, the file is truncated"),
  ],
  [
    "a gzip without its trailer",
    ZIPPED.subarray(0, -8),
    "FileError",
    gzipMessage("the gzip data ends too early, the file is truncated"),
  ],
  [
    "a gzip with a wrong checksum",
    flipped(ZIPPED, -8),
    "FileError",
    gzipMessage("the gzip data is corrupt (wrong checksum or bytes), or other bytes follow it"),
  ],
  [
    "a gzip with a wrong length",
    flipped(ZIPPED, -1),
    "FileError",
    gzipMessage("the gzip data is corrupt (wrong checksum or bytes), or other bytes follow it"),
  ],
  [
    "a gzip with a wrong bit in the middle",
    flipped(ZIPPED, -ZIPPED.length >> 1),
    "FileError",
    / (the gzip data is corrupt|Tags: |the header has )/,
  ],
  [
    "a gzip with text behind it",
    Buffer.concat([ZIPPED, Buffer.from("garbage")]),
    "FileError",
    gzipMessage("the gzip data is corrupt (wrong checksum or bytes), or other bytes follow it"),
  ],
  [
    "a gzip with zeros behind it",
    Buffer.concat([ZIPPED, Buffer.alloc(512)]),
    "FileError",
    gzipMessage("other bytes follow the gzip data"),
  ],
];

const STRUCTURE: readonly Bad[] = [
  [
    "a quote that is never closed, at the end",
    rows(GOOD, `${GOOD}"x`),
    "FileError",
    `:3 (record 2) Tags: a quote is opened and never closed. ${AGAIN}`,
  ],
  [
    "a quote that is never closed, in the last field of the middle",
    rows(GOOD, `${GOOD}"x`, GOOD, GOOD),
    "FileError",
    `:3 (record 2) Tags: a quote is opened and never closed. ${AGAIN}`,
  ],
  [
    "a quote that is never closed, in the middle",
    rows(GOOD, '05/01/2026,1,1,"USD,,,', `${GOOD}"a, b"`),
    "FileError",
    `:3 (record 2) BillingCurrencyCode: a quote is not closed, or one inside of the field is not doubled. ${AGAIN}`,
  ],
  [
    "a lone quote as the last byte",
    `${rows(GOOD)}${GOOD}"`,
    "FileError",
    `:3 (record 2) Tags: a quote is opened and never closed. ${AGAIN}`,
  ],
  [
    "text behind a closing quote",
    rows(`${GOOD}"a"b`),
    "FileError",
    `:2 (record 1) Tags: a quote is not closed, or one inside of the field is not doubled. ${AGAIN}`,
  ],
  [
    "a blank behind a closing quote",
    rows(`${GOOD}"a" `),
    "FileError",
    `:2 (record 1) Tags: a quote is not closed, or one inside of the field is not doubled. ${AGAIN}`,
  ],
  [
    "a carriage return behind a closing quote",
    rows(`${GOOD}"a"\r`, GOOD),
    "FileError",
    `:2 (record 1) Tags: a quote is not closed, or one inside of the field is not doubled. ${AGAIN}`,
  ],
  [
    "a carriage return in front of a record",
    rows(`${GOOD}"a"\r`, `\r${GOOD}`).replace('"\r', '"'),
    "FileError",
    `:3 (record 2) the record begins with a carriage return that ends no line. ${AGAIN}`,
  ],
  [
    "too few fields",
    rows(GOOD, "05/01/2026,1,1,USD", GOOD),
    "FileError",
    `:3 (record 2) the header has 7 fields, this record 4. ${AGAIN}`,
  ],
  [
    "too few fields, all blank",
    rows(GOOD, ",,", GOOD),
    "FileError",
    `:3 (record 2) the header has 7 fields, this record 3. ${AGAIN}`,
  ],
  [
    "a last record that is cut off",
    `${rows(GOOD)}05/01/2026,1`,
    "FileError",
    `:3 (record 2) the header has 7 fields, this record 2. ${AGAIN}`,
  ],
  [
    "too many fields",
    rows(GOOD, `${GOOD},`, GOOD),
    "FileError",
    `:3 (record 2) the header has 7 fields, this record 8. ${AGAIN}`,
  ],
  [
    "too many fields in the last record",
    `${rows(GOOD)}${GOOD},,x`,
    "FileError",
    `:3 (record 2) the header has 7 fields, this record 9. ${AGAIN}`,
  ],
  [
    "too few fields behind line breaks and blank lines",
    rows(`${GOOD}"a\n\nb"`, "", "", "x"),
    "FileError",
    `:7 (record 2) the header has 7 fields, this record 1. ${AGAIN}`,
  ],
];

const VALUES: readonly Bad[] = [
  [
    "a cost that is no number",
    rows(GOOD, "05/01/2026,abc,1,USD,,,"),
    "RejectedRowsError",
    `:3 (record 2) CostInBillingCurrency: "abc" ${NUMBER}. ${oneRow()}`,
  ],
  [
    "a blank cost",
    rows(GOOD, "05/01/2026,,1,USD,,,"),
    "RejectedRowsError",
    `:3 (record 2) CostInBillingCurrency: blank ${NUMBER}. ${oneRow()}`,
  ],
  [
    "a quantity that is no number",
    rows("05/01/2026,1,many,USD,,,"),
    "RejectedRowsError",
    `:2 (record 1) Quantity: "many" ${NUMBER}. ${oneRow()}`,
  ],
  [
    "a date that does not exist",
    rows(GOOD, "2026-02-31,1,1,USD,,,"),
    "RejectedRowsError",
    `:3 (record 2) Date: "2026-02-31" ${DAY}. ${oneRow()}`,
  ],
  ["a blank date", rows(",1,1,USD,,,"), "RejectedRowsError", `:2 (record 1) Date: blank ${DAY}. ${oneRow()}`],
  [
    "an end of the period that is no day",
    rows("05/01/2026,1,1,USD,31.05.2026,,"),
    "RejectedRowsError",
    `:2 (record 1) BillingPeriodEndDate: "31.05.2026" ${DAY}. ${oneRow()}`,
  ],
  [
    "a flag that is neither",
    rows("05/01/2026,1,1,USD,,maybe,"),
    "RejectedRowsError",
    `:2 (record 1) IsAzureCreditEligible: "maybe" is not true or false. ${oneRow()}`,
  ],
  [
    "a bad row behind a field of several lines, with CRLF",
    rows(`${GOOD}"a\nb"`, "x,1,1,USD,,,").replaceAll("\n", "\r\n"),
    "RejectedRowsError",
    `:4 (record 2) Date: "x" ${DAY}. ${oneRow()}`,
  ],
];

/** None of these is a number of which every digit can be kept. */
const NO_NUMBERS = [
  "abc",
  "1,234.56",
  "1.2.3",
  "-",
  "+",
  ".",
  "-.",
  "NaN",
  "nan",
  "Infinity",
  "-inf",
  "0x10",
  "1e",
  "e5",
  "1e5000",
  "1 000",
  " 1",
  "1 ",
  "--1",
  "1-",
  "1_0",
  "€5",
  "NULL",
  "\\N",
  "true",
  "１",
  `0.${"0".repeat(30)}1`,
  "1.5e-30",
  "9".repeat(47),
  "1e46",
];

/** None of these is a day; with the month first, a day beyond the twelfth cannot come first. */
const NO_DAYS = [
  "31/12/2026",
  "13/01/2026",
  "2026-02-31",
  "02/29/2026",
  "2026-13-01",
  "2026-00-10",
  "2026-05-00",
  "2026-5",
  "20260501",
  "May 1, 2026",
  "2026/05/01",
  "05-01-2026",
  "05/01/2026x",
  "05/01/202",
  "2026-05-01T10:00:00+02:00",
  "2026-05-01T25:61",
  "1969-12-31",
  "46143",
  "NULL",
  "0",
];

const FILES: readonly Bad[] = [
  [
    "a header with the same column twice",
    "Date,Cost,Tags,tags\n",
    "HeaderError",
    /:1 Column "tags" stands twice in the header \(3 and 4\)\./,
  ],
  [
    "a header without cost",
    "Date,Quantity\n05/01/2026,1\n",
    "HeaderError",
    /:1 The header lacks .*cost_in_billing_currency.*Found 2 columns: Date, Quantity\./,
  ],
  [
    "a header without date",
    "Cost,Quantity\n1,1\n",
    "HeaderError",
    /:1 The header lacks .*: date \(Date, UsageDateTime.*Found 2 columns: Cost, Quantity\./,
  ],
  [
    "an EA file announced as FOCUS",
    rows(GOOD),
    "HeaderError",
    /:1 The columns are those of a cost export, but the run is announced as "focus"\./,
    { dataset: "focus" },
  ],
  [
    "a FOCUS file announced as actual",
    "ChargePeriodStart,BilledCost,EffectiveCost\n",
    "HeaderError",
    /:1 The columns are those of a FOCUS export, but the run is announced as "actual"\./,
  ],
  [
    "an empty file",
    Buffer.alloc(0),
    "FileError",
    /:1 The file is empty, but even an export without rows has a header\./,
  ],
  [
    "Parquet by the name of CSV",
    Buffer.from("PAR1\u0015\u0004\u0015"),
    "FileError",
    /: This is a Parquet file, not CSV\./,
  ],
  ["a zip by the name of CSV", Buffer.from("PK\u0003\u0004rest"), "FileError", /: This is a zip archive, not CSV\./],
  [
    "UTF-16",
    Buffer.from(`\uFEFF${rows(GOOD)}`, "utf16le"),
    "FileError",
    /: This is UTF-16 text, not CSV\. Save it as UTF-8\./,
  ],
  [
    "lines that end with CR alone",
    rows(GOOD).replaceAll("\n", "\r"),
    "FileError",
    /:1 Lines end with a carriage return alone\./,
  ],
];

const BAD = [...GZIP, ...STRUCTURE, ...VALUES, ...FILES];

describe("of broken files", () => {
  let inbox: Inbox;
  let report: SourceReport;
  const runs = BAD.map(([, file, , , options], at) => aFile(file, { exportName: `export-${at}`, ...options }));
  beforeAll(async () => {
    inbox = await openInbox(warehouse);
    report = await inbox.deliver(...runs);
  });
  afterAll(async () => inbox.source.remove());

  test.each(BAD.map(([what], at) => [what, at] as const))("%s is refused with its place", (_, at) => {
    const [run, bad] = [runs[at], BAD[at]];
    if (run === undefined || bad === undefined) throw new RangeError("There is no such run");
    const [, , error, message] = bad;
    const failure = failureOf(report, run);
    const place = run.partPaths[0] ?? "";
    expect(failure.message.slice(0, place.length)).toBe(place);
    const rest = failure.message.slice(place.length);
    if (typeof message === "string") expect(rest).toBe(message);
    else expect(rest).toMatch(message);
    expect(failure.name).toBe(error);
  });

  test("nothing is published, in no view", async () => {
    expect(await inbox.select("line")).toEqual([]);
    for (const view of ["costs", "costs_daily", "costs_by_resource", "current_loads", "publications"]) {
      const found = await warehouse.rows(`SELECT 1 FROM ${view} WHERE source = {source:String}`, {
        source: inbox.source.name,
      });
      expect(found).toEqual([]);
    }
  });

  test("of each kind one imports once it is delivered again", async () => {
    const again = [GZIP, STRUCTURE, VALUES, FILES].flatMap(([bad], at) => {
      const run = runs.find((_, index) => BAD[index] === bad);
      return run === undefined ? [] : [aRun({ ...later(run), dataset: "actual", lines: [{ cost: `${at}.1` }] })];
    });
    const second = await inbox.deliver(...again);
    expect(again.map((run) => outcomeOf(second, run).outcome)).toEqual(again.map(() => "imported"));
    expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("6.4");
  });
});

test.each([
  ["number", "CostInBillingCurrency", NO_NUMBERS, (text: string) => `05/01/2026,"${text}",1,USD,,,`, NUMBER],
  ["optional number", "Quantity", NO_NUMBERS, (text: string) => `05/01/2026,1,"${text}",USD,,,`, NUMBER],
  ["day", "Date", NO_DAYS, (text: string) => `"${text}",1,1,USD,,,`, DAY],
  ["optional day", "BillingPeriodEndDate", NO_DAYS, (text: string) => `05/01/2026,1,1,USD,"${text}",,`, DAY],
])("whatever cannot be read exactly as a %s is named, and not guessed", async (_, column, texts, rowOf, problem) => {
  const { loadId, ...load } = await loadFile(warehouse, Buffer.from(rows(GOOD, ...texts.map(rowOf), GOOD)));
  expect(load).toMatchObject({ rowsLoaded: 2, rowsRejected: texts.length });
  const rejected = await warehouse.rows(
    "SELECT line, reason FROM rejected_rows WHERE load_id = {loadId:UUID} ORDER BY line",
    { loadId },
  );
  expect(rejected).toEqual(
    texts.map((text, at) => ({ line: String(at + 2), reason: `${column}: "${text}" ${problem}` })),
  );
});

test("a broken re-delivery leaves the run before it in place", async () => {
  const inbox = await anInbox(warehouse);
  const first = aRun({ dataset: "actual", lines: [{ cost: "1.25" }] });
  await inbox.deliver(first);
  const second = aFile(ZIPPED.subarray(0, -20), later(first));
  expect(failureOf(await inbox.deliver(second), second).name).toBe("FileError");
  expect(await inbox.select("cost_in_billing_currency")).toEqual([{ cost_in_billing_currency: "1.25" }]);
  const third = aRun({ dataset: "actual", lines: [{ cost: "2.5" }, { cost: "3" }], ...later(second) });
  await inbox.deliver(third);
  expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("5.5");
});

test("of a run of two parts of which one is broken, nothing is published", async () => {
  const inbox = await anInbox(warehouse);
  const run = aRun({ dataset: "actual", parts: 2, lines: [{ cost: "1" }, { cost: "2" }] });
  const broken = run.withPart(1, gzipSync((run.texts[1] ?? "").replace(",2,", ",two,")));
  const failure = failureOf(await inbox.deliver(broken), broken);
  expect(failure.message).toMatch(/part_1_0001\.csv\.gz:2 \(record 1\) CostInBillingCurrency: "two" is not a number/);
  expect(await inbox.select("line")).toEqual([]);
});

test("a gzip of several members is one file", async () => {
  const inbox = await anInbox(warehouse);
  const text = rows(GOOD, `${GOOD}"a, b"`, GOOD);
  const members = [text.slice(0, 10), text.slice(10, -30), text.slice(-30)].map((piece) => gzipSync(piece));
  await inbox.deliver(aFile(Buffer.concat(members)));
  expect((await inbox.select("line", "tags_text")).map((row) => Object.values(row))).toEqual([
    ["1", ""],
    ["2", "a, b"],
    ["3", ""],
  ]);
});

test("blank lines hold no record, wherever they stand", async () => {
  const inbox = await anInbox(warehouse);
  const text = ["", GOOD, "", "", GOOD, `${GOOD}"\n\n"`, "", ""].join("\n");
  const run = aFile(`${HEADER}\n${text}`).withManifest(({ blobs, ...manifest }) => ({
    ...manifest,
    dataRowCount: 3,
    blobs: blobs.map(({ blobName, byteCount }) => ({ blobName, byteCount })),
  }));
  expect(outcomeOf(await inbox.deliver(run), run)).toMatchObject({ outcome: "imported", report: { rowsLoaded: 3 } });
  expect((await inbox.select("line")).map((row) => row["line"])).toEqual(["1", "2", "3"]);
});

test("a quote inside of a field that does not begin with one is a character", async () => {
  const inbox = await anInbox(warehouse);
  await inbox.deliver(aFile(rows(`${GOOD}12" rack`, `${GOOD} "x"`)));
  expect(await inbox.select("tags_text")).toEqual([{ tags_text: '12" rack' }, { tags_text: ' "x"' }]);
});

test("bytes that are no UTF-8, and NUL bytes, are kept as they are", async () => {
  const inbox = await anInbox(warehouse);
  await inbox.deliver(aFile(Buffer.from(rows(`${GOOD}M\u00fcller`, `${GOOD}a\u0000b`), "latin1")));
  expect(await inbox.select("hex(tags_text)", "cost_in_billing_currency")).toEqual([
    { "hex(tags_text)": "4DFC6C6C6572", cost_in_billing_currency: "1.5" },
    { "hex(tags_text)": "610062", cost_in_billing_currency: "1.5" },
  ]);
});

describe("of a manifest", () => {
  test("whose count of a part differs, the part and both counts are named", async () => {
    const inbox = await anInbox(warehouse);
    const good = aRun({ dataset: "actual", parts: 2, lines: [{}, {}, {}, {}, {}] });
    const run = good.withManifest((manifest) => ({
      ...manifest,
      blobs: manifest.blobs.map((blob, at) => ({ ...blob, dataRowCount: at === 0 ? 3 : 2 })),
    }));
    expect(failureOf(await inbox.deliver(run), run)).toEqual({
      name: "ReconciliationError",
      message: `${run.partPaths[0]}: the manifest announces 3 rows, but there are 2. ${AGAIN}`,
    });
    expect(await inbox.select("line")).toEqual([]);
    await inbox.deliver(aRun({ dataset: "actual", lines: [{ cost: "1" }], ...later(run) }));
    expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("1");
  });

  test("whose count of the run differs, the manifest and both counts are named", async () => {
    const inbox = await anInbox(warehouse);
    const good = aRun({ dataset: "actual", lines: [{ cost: "1" }, { cost: "2" }] });
    const run = good.withManifest(({ blobs, ...manifest }) => ({
      ...manifest,
      dataRowCount: 3,
      blobs: blobs.map(({ blobName, byteCount }) => ({ blobName, byteCount })),
    }));
    expect(failureOf(await inbox.deliver(run), run)).toEqual({
      name: "ReconciliationError",
      message: `${run.manifestPath}: the manifest announces 3 rows, but there are 2. ${AGAIN}`,
    });
    expect(await inbox.select("line")).toEqual([]);
  });

  test("that says nothing of rows, or null, nothing is expected; 0 is a number", async () => {
    const inbox = await anInbox(warehouse);
    const lines = [{ cost: "1" }];
    const unknown = aRun({ dataset: "actual", exportName: "unknown", lines }).withManifest(
      ({ blobs, ...manifest }) => ({
        ...manifest,
        dataRowCount: null,
        blobs: blobs.map((blob) => ({ ...blob, dataRowCount: null })),
      }),
    );
    const zero = aRun({ dataset: "actual", exportName: "zero", lines }).withManifest((manifest) => ({
      ...manifest,
      dataRowCount: 0,
    }));
    const report = await inbox.deliver(unknown, zero);
    expect(outcomeOf(report, unknown).outcome).toBe("imported");
    expect(failureOf(report, zero).message).toContain("the manifest announces 0 rows, but there are 1.");
  });

  test("that names a missing blob, or one of another size, the run is not begun", async () => {
    const inbox = await anInbox(warehouse);
    const missing = aRun({ dataset: "actual", exportName: "missing", parts: 2, lines: [{}, {}] }).withoutPart(1);
    const wrong = aRun({ dataset: "actual", exportName: "wrong-size", lines: [{}] }).withManifest((manifest) => ({
      ...manifest,
      blobs: manifest.blobs.map((blob) => ({ ...blob, byteCount: 17 })),
    }));
    const { runs, problems } = await inbox.deliver(missing, wrong);
    expect(runs).toEqual([]);
    expect(problems.map(({ message }) => message).toSorted()).toEqual([
      expect.stringContaining(`${missing.manifestPath}: names the blob "${missing.partPaths[1]}"`),
      expect.stringContaining(`${wrong.manifestPath}: says 17 bytes for ${wrong.partPaths[0]}, which has `),
    ]);
    await inbox.deliver(
      aRun({ dataset: "actual", exportName: "missing", parts: 2, lines: [{ cost: "1" }, { cost: "2" }] }),
    );
    expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("3");
  });
});

describe("a source that allows rejects", () => {
  const lines = [{ cost: "1" }, { cost: "abc" }, { cost: "2" }, { date: "no day", cost: "4" }, { cost: "8" }];

  test("publishes the rest, and keeps the rejects with their reason and text", async () => {
    const inbox = await anInbox(warehouse, { rejectLimit: 2 });
    const run = aRun({ dataset: "actual", lines });
    expect(outcomeOf(await inbox.deliver(run), run)).toMatchObject({
      outcome: "imported",
      report: { rowsLoaded: 3, rowsRejected: 2, totals: [{ billing_currency: "USD", actual: "11" }] },
    });
    expect((await inbox.select("line")).map((row) => row["line"])).toEqual(["1", "3", "5"]);
    const rejected = await warehouse.rows(
      `SELECT line, reason, text, toString(cost) AS cost, billing_currency FROM rejected_rows
      WHERE load_id IN (SELECT load_id FROM current_loads WHERE source = {source:String}) ORDER BY line`,
      { source: inbox.source.name },
    );
    expect(rejected).toEqual([
      {
        line: "2",
        reason: `CostInBillingCurrency: "abc" ${NUMBER}`,
        text: expect.stringContaining('"abc"'),
        cost: "0",
        billing_currency: "USD",
      },
      {
        line: "4",
        reason: `Date: "no day" ${DAY}`,
        text: expect.stringContaining('"no day"'),
        cost: "4",
        billing_currency: "USD",
      },
    ]);
  });

  test("publishes nothing when there is one more, and names the first ones", async () => {
    const inbox = await anInbox(warehouse, { rejectLimit: 1 });
    const run = aRun({ dataset: "actual", lines });
    const path = run.partPaths[0];
    expect(failureOf(await inbox.deliver(run), run)).toEqual({
      name: "RejectedRowsError",
      message:
        `${path}:3 (record 2) CostInBillingCurrency: "abc" ${NUMBER}; ${path}:5 (record 4) Date: "no day" ${DAY}. ` +
        "2 rows cannot be used, the source allows 1. Nothing was published. " +
        "Deliver the run again, or raise the source's rejectLimit to import the rest.",
    });
    expect(await inbox.select("line")).toEqual([]);
  });

  test("does not forgive a file that is broken", async () => {
    const inbox = await anInbox(warehouse, { rejectLimit: 1000 });
    const run = aFile(rows(GOOD, "x", GOOD));
    expect(failureOf(await inbox.deliver(run), run).message).toContain(
      ":3 (record 2) the header has 7 fields, this record 1.",
    );
    expect(await inbox.select("line")).toEqual([]);
  });
});

test("a part that changes while it is read is read anew, and only its new bytes count", async () => {
  const inbox = await anInbox(warehouse);
  const text = rows(...Array.from({ length: 40_000 }, () => GOOD));
  const run = aFile(text, { gzip: false });
  await run.writeTo(inbox.source.path);
  const path = join(inbox.source.path, run.partPaths[0] ?? "");
  let opened = 0;
  const openStore = (): Store => {
    const store = createFolderStore(inbox.source.path);
    return {
      ...store,
      async open(file, signal) {
        const stream = await store.open(file, signal);
        if (file.path === run.partPaths[0] && ++opened === 1) {
          await writeFile(path, text.replaceAll(",1.5,", ",2.5,"));
          await utimes(path, 0, 0);
        }
        return stream;
      },
    };
  };
  const signal = new AbortController().signal;
  const activities = createActivities({ warehouse, openStore, signal, onProgress: () => undefined });
  const report = await importSource(activities, { source: inbox.source.name, overwrite: false, dryRun: false });
  expect(opened).toBe(2);
  expect(report.runs.map(({ outcome }) => outcome)).toEqual(["imported"]);
  expect(await inbox.sum("cost_in_billing_currency", "USD")).toBe("100000");
});

function rows(...lines: readonly string[]): string {
  return [HEADER, ...lines, ""].join("\n");
}

function gzipMessage(problem: string): RegExp {
  return new RegExp(`^ ${problem.replaceAll(/[()]/g, "\\$&")}; read up to line \\d+\\. ${AGAIN}$`);
}

function oneRow(): string {
  return `1 row cannot be used, the source allows 0. ${AGAIN.slice(0, -1)}, or raise the source's rejectLimit to import the rest.`;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[changed.length + at] = (changed.at(at) ?? 0) ^ 1;
  return changed;
}

/** What a run has that follows another one of the same export. */
function later(run: RenderedRun): Pick<RunOptions, "exportName" | "submittedAt" | "gzip"> {
  const { exportName, submittedAt } = run.delivery;
  const [day = "", time = ""] = submittedAt.split("T");
  const next = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
  return { exportName, submittedAt: `${next}T${time}` };
}
