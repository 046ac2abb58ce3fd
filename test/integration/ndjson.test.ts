import { gzipSync } from "node:zlib";
import Big from "big.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { ColumnSetName } from "../../src/demo/column-set.ts";
import type { Dataset } from "../../src/domain/run.ts";
import { aRun, type Line } from "../support/exports.ts";
import { aFile, anInbox, failureOf, loadFile, outcomeOf, PART } from "../support/imports.ts";
import { ndjsonOf } from "../support/ndjson.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});
afterAll(async () => engine.close());

const AMOUNTS = [
  "0",
  "-0.5",
  "0.1",
  "1e-5",
  "-2.50E+3",
  "0.1234567890123456789012345678",
  "-98765432109876543210.123456789012345678",
];
const TAGS = ['"env": "prod","cost center": "a, b"', '{"team":"Größe 😀","quoted":"a \\"b\\" \\\\ c"}', ""];
const LINES = AMOUNTS.map((cost, at): Line => ({
  date: `2026-05-${String(at + 1).padStart(2, "0")}`,
  cost,
  effectiveCost: cost,
  tags: TAGS[at % TAGS.length] ?? "",
}));
const SETS: readonly (readonly [ColumnSetName, Dataset])[] = [
  ["ea-2023-12-01-preview", "actual"],
  ["mca-2021-01-01", "amortized"],
  ["mosp-2019-11-01", "usage"],
  ["focus-1.0r2", "focus"],
];

test.each(SETS)("the same rows come out of NDJSON as out of CSV: %s, %s", async (columns, dataset) => {
  const run = aRun({ dataset, columns, lines: LINES });
  const columnsOfEntries = await entryColumns();
  const csv = await anInbox(warehouse);
  outcomeOf(await csv.deliver(run), run);
  const expected = await csv.select(...columnsOfEntries);
  expect(expected).toHaveLength(LINES.length);
  const text = ndjsonOf(run.texts[0] ?? "");
  for (const bytes of [Buffer.from(text), gzipSync(text)]) {
    const inbox = await anInbox(warehouse);
    const same = run.withPart(0, bytes);
    expect(outcomeOf(await inbox.deliver(same), same)).toMatchObject({ outcome: "imported" });
    expect(await inbox.select(...columnsOfEntries)).toEqual(expected);
  }
});

test("sums are exact, of numbers as of texts", async () => {
  const amounts = Array.from(
    { length: 1000 },
    (_, at) => `${at % 7 === 0 ? "-" : ""}${at}.${"0123456789".repeat(3).slice(at % 10, 28)}1`,
  );
  const lines = amounts.map(
    (cost, at) => `{"Date":"2026-05-01","Cost":${at % 2 === 0 ? cost : `"${cost}"`},"BillingCurrency":"EUR"}\n`,
  );
  const inbox = await anInbox(warehouse);
  const run = aFile(lines.join(""));
  expect(outcomeOf(await inbox.deliver(run), run)).toMatchObject({ outcome: "imported", report: { rowsLoaded: 1000 } });
  expect(await inbox.sum("cost_in_billing_currency", "EUR")).toBe(
    amounts.reduce((sum, amount) => sum.plus(amount), new Big(0)).toFixed(),
  );
});

test("objects and lists are kept as their text, true and false as words, null as nothing, keys by any name", async () => {
  const record = {
    date: "2026-05-01T00:00:00",
    cost: 1,
    tags: { env: "prod", "cost center": "a, b" },
    isAzureCreditEligible: true,
    additionalInfo: { a: [1, { b: null }] },
    "pay`g \\ 'price'": 5,
    "properties.über": ["x", 1],
    __proto: null,
    serviceInfo1: null,
  };
  const inbox = await anInbox(warehouse);
  const run = aFile(`\uFEFF\n  ${JSON.stringify(record)}\r\n\r\n{"cost":2,"date":"2026-05-02"}`);
  expect(outcomeOf(await inbox.deliver(run), run)).toMatchObject({ outcome: "imported", report: { rowsLoaded: 2 } });
  expect(
    await inbox.select("line", "tags", "is_azure_credit_eligible", "additional_info", "service_info1", "extra"),
  ).toEqual([
    {
      line: "1",
      tags: "{'env':'prod','cost center':'a, b'}",
      is_azure_credit_eligible: "true",
      additional_info: '{"a":[1,{"b":null}]}',
      service_info1: "",
      extra: "{'pay`g \\\\ \\'price\\'':'5','properties.über':'[\"x\",1]'}",
    },
    {
      line: "2",
      tags: "{}",
      is_azure_credit_eligible: null,
      additional_info: "",
      service_info1: "",
      extra: "{}",
    },
  ]);
});

test("rows that cannot be used are told with their line and refused as those of CSV are", async () => {
  const inbox = await anInbox(warehouse, { rejectLimit: 1 });
  const good = '{"Date":"2026-05-01","Cost":"0.1"}';
  const run = aFile(`${good}\n\n${good}\n{"Date":"2026-05-01","Cost":true}\n{"Date":"2026-05-01"}\n${good}`);
  expect(failureOf(await inbox.deliver(run), run)).toEqual({
    name: "RejectedRowsError",
    message: expect.stringContaining(
      `${run.partPaths[0]}:4 (record 3) Cost: "true" is not a number of at most 46 digits before and 30 after the point; ` +
        `${run.partPaths[0]}:5 (record 4) Cost: blank is not a number`,
    ) as string,
  });
});

const MEGABYTE = `{"Date":"2026-05-01","Cost":1,"Tags":"${"x".repeat(1000)}"}\n`.repeat(1100);

test.each<[string, string, string]>([
  [
    "a key that comes later than the first megabyte",
    `${MEGABYTE}{"Date":"2026-05-01","Cost":1,"Team":"x"}\n${MEGABYTE}`,
    `${PART}:1101 (record 1101) the key "Team" is in none of the first records, which say what columns there are: give it in`,
  ],
  [
    "a key of another case",
    `${MEGABYTE}{"date":"2026-05-01","Cost":1}\n`,
    `${PART}:1101 (record 1101) the key "date" is in none of the first records`,
  ],
  [
    "the same key twice",
    `${MEGABYTE}{"Date":"2026-05-01","Cost":1,"Cost":2}\n`,
    `${PART}:1101 (record 1101) Duplicate field found while parsing JSONEachRow format: Cost`,
  ],
  [
    "a record that is cut off",
    `${MEGABYTE}\n{"Date":"2026-05-01","Cost":1`,
    `${PART}:1102 (record 1101) the JSON is broken: `,
  ],
  ["a string that is cut off", `${MEGABYTE}{"Date":"2026-05`, `${PART}:1101 (record 1101) the JSON is broken: `],
  [
    "a comma too much",
    `${MEGABYTE}{"Date":"2026-05-01","Cost":1,}\n${MEGABYTE}`,
    `${PART}:1101 (record 1101) the JSON is broken: `,
  ],
  ["something else", `${MEGABYTE}null\n${MEGABYTE}`, `${PART}:1101 (record 1101) expected a JSON object, got null`],
  ["an end that is none", `${MEGABYTE};\n${MEGABYTE}`, `${PART}:1101 (record 1101) the JSON is broken: `],
  ["no number", `${MEGABYTE}{"Date":"2026-05-01","Cost":NaN}\n`, `${PART}:1101 (record 1101) the JSON is broken: `],
  [
    "half of a character",
    `${MEGABYTE}{"Cost":1,"Tags":"\\ud83d"}\n`,
    `${PART}:1101 (record 1101) Cannot parse escape sequence`,
  ],
])("a file with %s is refused, with the line, gzipped and plain", async (_, text, message) => {
  for (const bytes of [Buffer.from(text), gzipSync(text)]) {
    const loading = loadFile(warehouse, bytes);
    await expect(loading).rejects.toMatchObject({ name: "FileError" });
    await expect(loading).rejects.toThrow(message);
  }
});

test.each([
  ["cut off", (bytes: Buffer) => bytes.subarray(0, -9), "the gzip data ends too early, the file is truncated"],
  [
    "with a wrong sum",
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -5), Buffer.alloc(5)]),
    "the gzip data is corrupt",
  ],
])("a gzip that is %s is refused", async (_, damage, message) => {
  await expect(loadFile(warehouse, damage(gzipSync(MEGABYTE)))).rejects.toThrow(`${PART} ${message}`);
});

async function entryColumns(): Promise<string[]> {
  const rows = await warehouse.rows(
    `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'cost_entries'
      AND name NOT IN ('load_id', 'source', 'own_partition')`,
  );
  return rows.map((row) => (row as { name: string }).name);
}
