import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { SourceReport } from "../../workflows/import-source.ts";
import { aRun, type RunOptions } from "../support/exports.ts";
import { aFile, anInbox, failureOf, type Inbox, loadFile, openInbox, outcomeOf } from "../support/imports.ts";
import { AGAIN, DAY, GOOD, HEADER, later, NUMBER, rows } from "../support/small-file.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());

const MANY = Array.from({ length: 5000 }, (_, at) => `05/01/2026,${at * at},${at},USD,,,"""n"": ""${at * 7919}"""`);
const ZIPPED = gzipSync([HEADER, ...MANY, ""].join("\n"));
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
    `:3 (record 2) Tags: a quote is opened and never closed: ""x\\n". ${AGAIN}`,
  ],
  [
    "a quote that is never closed, in the last field of the middle",
    rows(GOOD, `${GOOD}"x`, GOOD, GOOD),
    "FileError",
    `:3 (record 2) Tags: a quote is opened and never closed: ""x\\n${GOOD}\\n${GOOD}\\n". ${AGAIN}`,
  ],
  [
    "a quote that is never closed, in the middle",
    rows(GOOD, '05/01/2026,1,1,"USD,,,', `${GOOD}"a, b"`),
    "FileError",
    `:3 (record 2) BillingCurrencyCode: a quote is not closed, or one inside of the field is not doubled: ""USD,,,\\n${GOOD}"a, b"\\n". ${AGAIN}`,
  ],
  [
    "a lone quote as the last byte",
    `${rows(GOOD)}${GOOD}"`,
    "FileError",
    `:3 (record 2) Tags: a quote is opened and never closed: """. ${AGAIN}`,
  ],
  [
    "text behind a closing quote",
    rows(`${GOOD}"a"b`),
    "FileError",
    `:2 (record 1) Tags: a quote is not closed, or one inside of the field is not doubled: ""a"b\\n". ${AGAIN}`,
  ],
  [
    "a blank behind a closing quote",
    rows(`${GOOD}"a" `),
    "FileError",
    `:2 (record 1) Tags: a quote is not closed, or one inside of the field is not doubled: ""a" \\n". ${AGAIN}`,
  ],
  [
    "a carriage return behind a closing quote",
    rows(`${GOOD}"a"\r\r`, GOOD),
    "FileError",
    `:2 (record 1) Tags: a quote is not closed, or one inside of the field is not doubled: ""a"\\r\\r\\n${GOOD}\\n". ${AGAIN}`,
  ],
  [
    "a carriage return in front of a record",
    rows(`${GOOD}"a"\r`, `\r${GOOD}`),
    "FileError",
    `:3 (record 2) the record begins with a carriage return that ends no line. ${AGAIN}`,
  ],
  [
    "too few fields",
    rows(GOOD, "05/01/2026,1,1,USD", GOOD),
    "FileError",
    `:3 (record 2) the header has 7 fields, this record 4: BillingPeriodEndDate and what follows is missing in "05/01/2026,1,1,USD". ${AGAIN}`,
  ],
  [
    "too few fields, all blank",
    rows(GOOD, ",,", GOOD),
    "FileError",
    `:3 (record 2) the header has 7 fields, this record 3: BillingCurrencyCode and what follows is missing in ",,". ${AGAIN}`,
  ],
  [
    "a last record that is cut off",
    `${rows(GOOD)}05/01/2026,1`,
    "FileError",
    `:3 (record 2) the header has 7 fields, this record 2: Quantity and what follows is missing in "05/01/2026,1". ${AGAIN}`,
  ],
  [
    "too many fields",
    rows(GOOD, `${GOOD},`, GOOD),
    "FileError",
    `:3 (record 2) the header has 7 fields, this record 8: behind Tags follows "". ${AGAIN}`,
  ],
  [
    "too many fields in the last record",
    `${rows(GOOD)}${GOOD},,x`,
    "FileError",
    `:3 (record 2) the header has 7 fields, this record 9: behind Tags follows ",x". ${AGAIN}`,
  ],
  [
    "too few fields behind line breaks and blank lines",
    rows(`${GOOD}"a\n\nb"`, "", "", "x"),
    "FileError",
    `:7 (record 2) the header has 7 fields, this record 1: CostInBillingCurrency and what follows is missing in "x". ${AGAIN}`,
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
  "1e046",
  `1.${"0".repeat(30)}1`,
  `${"9".repeat(40)}.${"9".repeat(31)}`,
  "1.5E-30",
  "1e-31",
  "1 USD",
  "(1.00)",
  "1\u00a0000",
  "1.5\u0000",
  "+-1",
  "1e1.5",
  "1d",
  "null",
];

/** None of these is a day; with the month first, a day beyond the twelfth cannot come first. */
const NO_DAYS = [
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
  "1970-01-01",
  "2009-12-31",
  "12/31/09",
  "2100-01-01",
  "2199-05-01",
  "9999-12-31",
  "0001-01-01",
  "01/01/0001 00:00:00",
  " 2026-05-01",
  "2026-05-01 ",
  "2026-05-01T",
  "32/01/2026",
  "14/13/2026",
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
    "a Parquet file that is cut off, by the name of CSV",
    Buffer.from("PAR1\u0015\u0004\u0015"),
    "FileError",
    /: This Parquet file is cut off: it does not end with its footer\. Deliver the run again\.$/,
  ],
  ["a zip by the name of CSV", Buffer.from("PK\u0003\u0004rest"), "FileError", /: This is a zip archive, not CSV\./],
  [
    "UTF-16 without a mark",
    Buffer.from(rows(GOOD), "utf16le"),
    "FileError",
    /:1 There are NUL bytes in the header: this is no UTF-8 text\. Save it as UTF-8\.$/,
  ],
  [
    "UTF-16 with the high byte first, gzipped",
    gzipSync(Buffer.from(`\uFEFF${rows(GOOD)}`, "utf16le").swap16()),
    "FileError",
    /:1 There are NUL bytes in the header: this is no UTF-8 text\. Save it as UTF-8\.$/,
  ],
  [
    "a header in Latin-1",
    Buffer.from("Date,Cost,Gr\u00f6\u00dfe\n05/01/2026,1,\n", "latin1"),
    "FileError",
    /:1 The header is not UTF-8 text\. Save the file as UTF-8\.$/,
  ],
  [
    "rows in Latin-1",
    Buffer.from(rows(GOOD, `${GOOD}M\u00fcller`), "latin1"),
    "RejectedRowsError",
    `:3 (record 2) Tags: "M\ufffdller" is not UTF-8 text. ${oneRow()}`,
  ],
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
    expect(rest).toMatch(typeof message === "string" ? exactly(message) : message);
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

test("NUL bytes inside of a text are kept as they are", async () => {
  const inbox = await anInbox(warehouse);
  await inbox.deliver(aFile(Buffer.from(rows(`${GOOD}a\u0000b`, `${GOOD}\u0000`))));
  expect(await inbox.select("hex(tags_text)", "cost_in_billing_currency")).toEqual([
    { "hex(tags_text)": "610062", cost_in_billing_currency: "1.5" },
    { "hex(tags_text)": "00", cost_in_billing_currency: "1.5" },
  ]);
});

describe("text in another encoding is named by its column and refused", () => {
  const header = "Date,Cost,ResourceName,ResourceGroup,CostCenter,SubscriptionId,AdditionalInfo,Tags,Gr\u00f6\u00dfe";
  const columns = header.split(",").slice(2);

  test.each(columns.map((column, at) => [column, at] as const))("in %s", async (column, index) => {
    const texts = columns.map((_, at) => (at === index ? "M\u00fcller" : "")).join(",");
    const bytes = [`${header}\n05/01/2026,1,,,,,,,\n05/02/2026,0.25,`, texts, "\n"];
    const load = await loadFile(
      warehouse,
      Buffer.concat(bytes.map((text, at) => Buffer.from(text, at === 1 ? "latin1" : "utf8"))),
    );
    expect(load).toMatchObject({
      rowsLoaded: 1,
      rejects: [{ record: 2, line: 3, reason: `${column}: "M\ufffdller" is not UTF-8 text` }],
    });
    const kept = await warehouse.rows(
      "SELECT position(text, unhex('4DFC6C6C6572')) > 0 AS is_whole, cost FROM rejected_rows WHERE load_id = {loadId:UUID}",
      { loadId: load.loadId },
    );
    expect(kept).toEqual([{ is_whole: 1, cost: "0.25" }]);
  });
});

test("a field of 5 MB arrives whole, in any kind of text and in a gzip", async () => {
  const big = `{"a": "${"x, \n\u00e9\ud83d\ude00".repeat(500_000)}"}`;
  const field = `"${big.replaceAll('"', '""')}"`;
  const text = `Date,Cost,ResourceName,Tags,Note\n05/01/2026,1,${field},,\n05/02/2026,2,,${field},\n05/03/2026,3,,,${field}\n`;
  expect(Buffer.byteLength(big)).toBeGreaterThan(5_000_000);
  for (const bytes of [Buffer.from(text), gzipSync(text, { level: 1 })]) {
    const { loadId, ...load } = await loadFile(warehouse, bytes);
    expect(load).toMatchObject({ rowsLoaded: 3, rowsRejected: 0 });
    const found = await warehouse.rows(
      `SELECT lower(hex(MD5(concat(resource_name, tags_text, extra['Note'])))) AS md5, tags != map() AS has_tags
      FROM cost_entries WHERE load_id = {loadId:UUID} ORDER BY line`,
      { loadId },
    );
    const md5 = createHash("md5").update(big).digest("hex");
    // A line break inside of a string is no JSON: the tags are kept as text.
    expect(found).toEqual([0, 0, 0].map((has_tags) => ({ md5, has_tags })));
  }
});

test("a refused text is told up to its eightieth character", async () => {
  const name = `Cost (${"C".repeat(90)})`;
  const text = `Date,Cost,Quantity,${name}\n${"\u{1f600}".repeat(100)},1,1,\n05/01/2026,1,${"7".repeat(300)},\n`;
  const { rejects } = await loadFile(warehouse, Buffer.from(text));
  expect(rejects.map(({ reason }) => reason)).toEqual([
    `Date: "${"\u{1f600}".repeat(80)}" ${DAY}`,
    `Quantity: "${"7".repeat(80)}" ${NUMBER}`,
  ]);
});

test.each([
  ["31/12/2026", "Date"],
  ["13/05/2026", "Date"],
  ["13/05/2026", "BillingPeriodEndDate"],
  ["31/1/26", "BillingPeriodEndDate"],
  ["13/05/2026 00:00:00", "Date"],
])("a file with the day first (%s in %s) is refused, whatever the source allows", async (text, column) => {
  const inbox = await anInbox(warehouse, { rejectLimit: 1000 });
  const row = column === "Date" ? `${text},1,1,USD,,,` : `05/01/2026,1,1,USD,${text},,`;
  const run = aFile(rows("x,1,1,USD,,,", GOOD.replace("05/01", "05/04"), row));
  expect(failureOf(await inbox.deliver(run), run)).toEqual({
    name: "FileError",
    message:
      `${run.partPaths[0]}:4 (record 3) ${column}: "${text}" ${DAY}: the day stands before the month, so that no date of ` +
      "this file is certain. Nothing was published. Deliver the file as Azure wrote it, with the month first.",
  });
  expect(await inbox.select("line")).toEqual([]);
});

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&")}$`);
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
