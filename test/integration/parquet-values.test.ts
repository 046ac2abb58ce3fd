import { buffer } from "node:stream/consumers";
import Big from "big.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { loadFile, PART } from "../support/imports.ts";
import { clickHouseWriter, DUCKDB, type ParquetWriter, REQUIRED } from "../support/parquet.ts";
import { AGAIN, DAY, NUMBER } from "../support/small-file.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let clickHouse: ParquetWriter;
beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
  clickHouse = clickHouseWriter(warehouse);
});
afterAll(async () => engine.close());

/** What a value in Parquet is as text; in files of each writer. */
const TYPES = {
  DuckDB: [
    ["'text, \"quoted\"'::VARCHAR", 'text, "quoted"'],
    ["''::VARCHAR", ""],
    ["NULL::VARCHAR", ""],
    ["NULL::INTEGER", ""],
    ["NULL::DATE", ""],
    ["NULL::TIMESTAMP", ""],
    ["NULL::DECIMAL(38, 18)", ""],
    ["'e'::ENUM('e', 'f')", "e"],
    ["'{\"x\": 1}'::JSON", '{"x": 1}'],
    ["'2be7595f-2c35-4762-b03c-7287993a9775'::UUID", "2be7595f-2c35-4762-b03c-7287993a9775"],
    ["true", "true"],
    ["false", "false"],
    ["(-128)::TINYINT", "-128"],
    ["255::UTINYINT", "255"],
    ["(-32768)::SMALLINT", "-32768"],
    ["65535::USMALLINT", "65535"],
    ["(-2147483648)::INTEGER", "-2147483648"],
    ["4294967295::UINTEGER", "4294967295"],
    ["(-9223372036854775808)::BIGINT", "-9223372036854775808"],
    ["18446744073709551615::UBIGINT", "18446744073709551615"],
    ["0.1::FLOAT", "0.1"],
    ["0.1::DOUBLE", "0.1"],
    ["0.30000000000000004::DOUBLE", "0.30000000000000004"],
    ["5.64902e-05::DOUBLE", "0.0000564902"],
    ["1e300::DOUBLE", "1e300"],
    ["'NaN'::DOUBLE", "nan"],
    ["'-Infinity'::FLOAT", "-inf"],
    ["999.9::DECIMAL(4, 1)", "999.9"],
    ["(-99999999999999.99)::DECIMAL(18, 2)", "-99999999999999.99"],
    ["12345678901234567890.123456789012345678::DECIMAL(38, 18)", "12345678901234567890.123456789012345678"],
    ["0.00000000000000000000000000000000000001::DECIMAL(38, 38)", "0.00000000000000000000000000000000000001"],
    ["DATE '2026-05-31'", "2026-05-31"],
    ["DATE '1900-01-01'", "1900-01-01"],
    ["DATE '2299-12-31'", "2299-12-31"],
    ["DATE '9999-12-31'", "2932896 days after 1970-01-01"],
    ["DATE '0001-01-01'", "-719162 days after 1970-01-01"],
    ["TIMESTAMP '2026-05-31 23:59:59'", "2026-05-31T23:59:59Z"],
    ["TIMESTAMP '2026-05-31 23:59:59.123456'", "2026-05-31T23:59:59.123456Z"],
    ["TIMESTAMP_MS '2026-05-31 23:59:59.5'", "2026-05-31T23:59:59.500Z"],
    ["TIMESTAMP_NS '2026-05-31 23:59:59.123456789'", "2026-05-31T23:59:59.123456789Z"],
    ["TIMESTAMPTZ '2026-05-31 23:59:59+02'", "2026-05-31T21:59:59Z"],
    ["TIMESTAMP '1969-12-31 23:59:59.5'", "1969-12-31T23:59:59.500000Z"],
    ["TIMESTAMP '12000-01-01 00:00:00'", "316516204800 seconds after 1970-01-01"],
    ["[1, NULL, 3]", "[1,null,3]"],
    ["[]::INTEGER[]", ""],
    ["MAP {'a/b': 'ö', 'n': NULL}", '{"a/b":"ö","n":null}'],
    ["MAP {}::MAP(VARCHAR, VARCHAR)", ""],
    ["{'a': 1, 'b c': {'d': 0.5::DECIMAL(38, 18)}}", '{"a":1,"b c":{"d":0.5}}'],
    ["[DATE '2026-05-31']", '["2026-05-31"]'],
  ],
  ClickHouse: [
    ["'text'", "text"],
    ["CAST('EUR', 'FixedString(3)')", "EUR"],
    ["CAST('x', 'LowCardinality(Nullable(String))')", "x"],
    ["CAST(NULL, 'Nullable(Decimal(76, 30))')", ""],
    ["CAST('a', 'Enum(\\'a\\' = 1)')", "a"],
    ["toUUID('2be7595f-2c35-4762-b03c-7287993a9775')", "2be7595f-2c35-4762-b03c-7287993a9775"],
    ["true", "true"],
    ["toUInt64(18446744073709551615)", "18446744073709551615"],
    ["toDecimal32('1.5', 1)", "1.5"],
    ["toDecimal64('-0.5', 18)", "-0.5"],
    ["toDecimal128('12345678901234567890.123456789012345678', 18)", "12345678901234567890.123456789012345678"],
    [`toDecimal256('${"9".repeat(46)}.${"9".repeat(30)}', 30)`, `${"9".repeat(46)}.${"9".repeat(30)}`],
    [`toDecimal256('-0.${"0".repeat(75)}1', 76)`, `-0.${"0".repeat(75)}1`],
    ["toDate32('2026-05-31')", "2026-05-31"],
    ["toDateTime64('2026-05-31 23:59:59.123', 3, 'UTC')", "2026-05-31T23:59:59.123Z"],
    ["toDateTime64('2026-05-31 23:59:59.123456789', 9, 'UTC')", "2026-05-31T23:59:59.123456789Z"],
    ["map('k', 'v')", '{"k":"v"}'],
    ["[toDecimal256('0.1', 30)]", "[0.1]"],
    ["CAST((1, 'x'), 'Tuple(a UInt8, b String)')", '{"a":1,"b":"x"}'],
  ],
} as const;

test.each(["DuckDB", "ClickHouse"] as const)(
  "a value of every type that %s writes has the text that CSV would have",
  async (name) => {
    const writer = name === "DuckDB" ? DUCKDB : clickHouse;
    const quote = name === "DuckDB" ? '"' : "`";
    const columns = TYPES[name].map(([value], at) => `${value} AS ${quote}col ${at}${quote}`);
    const file = await writer.write(`SELECT ${[...REQUIRED[name], ...columns].join(", ")}`, "snappy");
    const { loadId } = await loadFile(warehouse, file);
    const expected = TYPES[name].flatMap(([, text], at) => (text === "" ? [] : [[`col ${at}`, text]]));
    expect(await extraOf(loadId)).toEqual([Object.fromEntries(expected)]);
  },
);

test("timestamps of 96 bits, as Spark and Impala write them, are read to the nanosecond", async () => {
  const file = await withInt96(["2026-05-31T23:59:59.123456789Z", "2026-05-01T00:00:00.000000000Z"]);
  const { loadId, ...load } = await loadFile(warehouse, file);
  expect(load).toMatchObject({ rowsLoaded: 2, rowsRejected: 0 });
  expect(await extraOf(loadId)).toEqual([
    { moment: "2026-05-31T23:59:59.123456789Z" },
    { moment: "2026-05-01T00:00:00Z" },
  ]);
});

test("a timestamp of 96 bits that nobody's calendar has is refused with its column", async () => {
  await expect(loadFile(warehouse, await withInt96(["9999-12-31T00:00:00.000000000Z"]))).rejects.toThrow(
    `${PART}: The column "moment" cannot be read: INT96 timestamp out of range: julian day 5373484, time of day 0 ns. ${AGAIN}`,
  );
});

test("names that could be taken for something else in the statement are only names", async () => {
  const names = [
    "c0",
    "record",
    "a.b",
    "it's",
    "back`tick",
    "back\\slash",
    "{x:Int8}",
    "f1",
    "f0",
    "part",
    "file",
    "none",
    "nobody",
    "dummy",
    "load_id",
    "Größe 😀",
  ];
  const columns = names.map((name, at) => `'${at}' AS "${name}"`);
  const file = await DUCKDB.write(`SELECT ${[...columns, ...REQUIRED.DuckDB].join(", ")}`, "snappy");
  const { loadId } = await loadFile(warehouse, file);
  expect(await extraOf(loadId)).toEqual([Object.fromEntries(names.map((name, at) => [name, String(at)]))]);
});

test("rows that cannot be used are rejects with column, value and record, as those of CSV", async () => {
  const costs = ["1", "0.1", "'NaN'", "'Infinity'", "1e300", "NULL", "1e-31"];
  const values = costs.map((cost) => `(DATE '2026-05-01', ${cost}::DOUBLE)`);
  const file = await DUCKDB.write(
    `SELECT * FROM (VALUES ${values.join(", ")}, (NULL, 5), (DATE '9999-12-31', 6)) t("Date", "Cost")`,
    "snappy",
  );
  const { loadId, ...load } = await loadFile(warehouse, file);
  expect(load).toMatchObject({ rowsLoaded: 2, rowsRejected: 7 });
  expect(load.rejects[0]).toEqual({ record: 3, line: null, reason: `Cost: "nan" ${NUMBER}` });
  expect(
    await warehouse.rows("SELECT line, reason FROM rejected_rows WHERE load_id = {loadId:UUID} ORDER BY line", {
      loadId,
    }),
  ).toEqual([
    { line: "3", reason: `Cost: "nan" ${NUMBER}` },
    { line: "4", reason: `Cost: "inf" ${NUMBER}` },
    { line: "5", reason: `Cost: "1e300" ${NUMBER}` },
    { line: "6", reason: `Cost: blank ${NUMBER}` },
    { line: "7", reason: `Cost: "1e-31" ${NUMBER}` },
    { line: "8", reason: `Date: blank ${DAY}` },
    { line: "9", reason: `Date: "2932896 days after 1970-01-01" ${DAY}` },
  ]);
});

test("a decimal of 76 digits is added up to the last one", async () => {
  const costs = [`${"9".repeat(45)}.${"9".repeat(30)}`, `0.${"0".repeat(29)}1`, "-0.5"];
  const rows = costs.map((cost) => `SELECT toDate32('2026-05-01') AS Date, toDecimal256('${cost}', 30) AS Cost`);
  const file = await clickHouse.write(rows.join(" UNION ALL "), "snappy");
  const { loadId } = await loadFile(warehouse, file);
  const totals = await warehouse.rows(
    "SELECT toString(sum(cost_in_billing_currency)) AS total FROM cost_entries WHERE load_id = {loadId:UUID}",
    { loadId },
  );
  expect(totals).toEqual([{ total: costs.reduce((sum, cost) => sum.plus(cost), new Big(0)).toFixed() }]);
});

test("a decimal with more than 30 digits behind the point is refused unless the surplus ones are zeros", async () => {
  const rows = ["0.1", `0.${"0".repeat(30)}1`].map(
    (cost) => `SELECT toDate32('2026-05-01') AS Date, toDecimal256('${cost}', 40) AS Cost`,
  );
  const load = await loadFile(warehouse, await clickHouse.write(rows.join(" UNION ALL "), "snappy"));
  expect(load).toMatchObject({ rowsLoaded: 1, rowsRejected: 1 });
  expect(load.rejects[0]?.reason).toBe(`Cost: "0.${"0".repeat(30)}1" ${NUMBER}`);
});

test("a file without rows, and even without row groups, is a valid empty part", async () => {
  const file = await DUCKDB.write(`SELECT ${REQUIRED.DuckDB.join(", ")} LIMIT 0`, "snappy");
  expect(await loadFile(warehouse, file)).toMatchObject({ rowsLoaded: 0, rowsRejected: 0 });
});

async function extraOf(loadId: string): Promise<Record<string, string>[]> {
  const rows = await warehouse.rows("SELECT extra FROM cost_entries WHERE load_id = {loadId:UUID} ORDER BY line", {
    loadId,
  });
  return z
    .array(z.object({ extra: z.record(z.string(), z.string()) }))
    .parse(rows)
    .map(({ extra }) => extra);
}

/** Neither writer makes these timestamps: 12 plain bytes are written, and the footer is told that they are such. */
async function withInt96(moments: readonly string[]): Promise<Buffer> {
  const rows = moments.map((moment) => {
    const [day = "", time = ""] = moment.split("T");
    const bytes = Buffer.alloc(12);
    const seconds = Date.parse(`1970-01-01T${time.slice(0, 8)}Z`) / 1000;
    bytes.writeBigInt64LE(BigInt(seconds) * 1_000_000_000n + BigInt(time.slice(9, 18)));
    bytes.writeInt32LE(Date.parse(day) / 86_400_000 + 2_440_588, 8);
    return `SELECT ${REQUIRED.ClickHouse.join(", ")}, CAST(unhex('${bytes.toString("hex")}'), 'FixedString(12)') AS moment`;
  });
  const settings = "output_format_parquet_max_dictionary_size = 0, output_format_parquet_write_page_index = 0";
  const file = await buffer(await warehouse.stream(`${rows.join(" UNION ALL ")} SETTINGS ${settings}`, "Parquet"));
  const [fixed, int96] = [Buffer.from([0x15, 0x0e]), Buffer.from([0x15, 0x06])];
  return changed(file, (bytes) => {
    const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
    const named = bytes.indexOf("moment", footer); // in the schema, and once more with the column's pages
    int96.copy(bytes, bytes.lastIndexOf(fixed, named));
    int96.copy(bytes, bytes.lastIndexOf(fixed, bytes.indexOf("moment", named + 1)));
  });
}

function changed(file: Buffer, change: (bytes: Buffer) => unknown): Buffer {
  const copy = Buffer.from(file);
  change(copy);
  return copy;
}
