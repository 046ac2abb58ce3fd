import { ClickHouseError, SettingsMap, type ResponseJSON } from "@clickhouse/client";
import { hostname } from "node:os";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import * as z from "zod";
import { aClient, test } from "../support/embedded.ts";
import { until } from "../support/processes.ts";

const rows = async (warehouse: { client: ReturnType<typeof aClient> }, query: string) =>
  (await warehouse.client.query({ query, format: "JSONEachRow" })).json();

describe("parameters arrive as they were sent", () => {
  const awkward = 'it\'s "quoted" \\ back\n\t\r new — ü€😀 {x:String} --';
  const cases: [type: string, value: unknown, text: string][] = [
    ["String", awkward, awkward],
    ["String", "", ""],
    ["Date", "2026-02-28", "2026-02-28"],
    ["DateTime64(3)", "2026-02-28 23:59:59.123", "2026-02-28 23:59:59.123"],
    ["UInt64", "18446744073709551615", "18446744073709551615"],
    [
      "Decimal(76,30)",
      "-1234567890123456.123456789012345678901234567891",
      "-1234567890123456.123456789012345678901234567891",
    ],
    ["Array(String)", ["a", "it's", "b\\c\n", ""], "['a','it\\'s','b\\\\c\\n','']"],
    ["Map(String,String)", { "k'1": "v\n", k2: "" }, "{'k\\'1':'v\\n','k2':''}"],
    ["Nullable(String)", null, "NULL"],
    ["Nullable(String)", "NULL", "NULL"],
    ["UUID", "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"],
    ["Bool", true, "true"],
  ];
  test.for(cases)("%s %j", async ([type, value, text], { warehouse }) => {
    const query = `SELECT ifNull(toString({value:${type}}), 'NULL') AS text`;
    const result = await warehouse.client.query({ query, query_params: { value }, format: "JSONEachRow" });
    expect(await result.json()).toEqual([{ text }]);
  });

  test("an identifier", async ({ warehouse }) => {
    const query = "SELECT {column:Identifier} FROM {table:Identifier} LIMIT 1";
    const query_params = { column: "one", table: "with `tick" };
    await warehouse.client.command({ query: "CREATE VIEW {table:Identifier} AS SELECT 1 AS one", query_params });
    const result = await warehouse.client.query({ query, query_params, format: "JSONEachRow" });
    expect(await result.json()).toEqual([{ one: 1 }]);
  });

  test("in statements that are no SELECT", async ({ warehouse }) => {
    await warehouse.client.command({ query: "CREATE TABLE kept (a UInt64, s String) ENGINE = MergeTree ORDER BY a" });
    const query_params = { a: "7", s: awkward };
    await warehouse.client.command({ query: "INSERT INTO kept SELECT {a:UInt64}, {s:String}", query_params });
    await warehouse.client.command({ query: "INSERT INTO kept VALUES ({a:UInt64}, {s:String})", query_params });
    expect(await rows(warehouse, "SELECT DISTINCT a, s FROM kept")).toEqual([{ a: 7, s: awkward }]);
  });

  test("one that is missing is missing, whoever sent one of that name before", async ({ warehouse }) => {
    const query = "SELECT {shared:String} AS shared";
    const sent = await warehouse.client.query({ query, query_params: { shared: "mine" }, format: "JSONEachRow" });
    expect(await sent.json()).toEqual([{ shared: "mine" }]);
    await expect(warehouse.client.query({ query })).rejects.toMatchObject({ code: "456" });
  });

  test("many at once are not mixed up", async ({ warehouse }) => {
    const asked = Array.from({ length: 200 }, async (_, index) => {
      const query = "SELECT {value:String} AS value FROM numbers(3)";
      const result = await warehouse.client.query({
        query,
        query_params: { value: `v${index}` },
        format: "JSONEachRow",
      });
      return result.json<{ value: string }>();
    });
    for (const [index, answer] of (await Promise.all(asked)).entries()) {
      expect(answer).toEqual(Array.from({ length: 3 }, () => ({ value: `v${index}` })));
    }
  });
});

describe("settings", () => {
  test("hold for their own query only", async ({ warehouse }) => {
    const query = "SELECT getSetting('max_block_size') = 17 AS changed";
    const clickhouse_settings = { max_block_size: "17" };
    const one = await warehouse.client.query({ query, clickhouse_settings, format: "JSONEachRow" });
    expect(await one.json()).toEqual([{ changed: 1 }]);
    expect(await rows(warehouse, query)).toEqual([{ changed: 0 }]);
  });

  test("SET and USE hold for their own request only, too", async ({ warehouse }) => {
    await warehouse.client.command({ query: "SET max_block_size = 17" });
    await warehouse.client.command({ query: "USE system" });
    const query = "SELECT getSetting('max_block_size') = 17 AS changed, currentDatabase() AS database";
    expect(await rows(warehouse, query)).toEqual([{ changed: 0, database: "default" }]);
  });

  test("maps and texts with quotes arrive", async ({ warehouse }) => {
    const query = "SELECT count() AS count, getSetting('log_comment') AS comment FROM system.one";
    const clickhouse_settings = {
      additional_table_filters: SettingsMap.from({ "system.one": "dummy = 1" }),
      log_comment: "it's \\ \n",
    };
    const result = await warehouse.client.query({ query, clickhouse_settings, format: "JSONEachRow" });
    expect(await result.json()).toEqual([{ count: 0, comment: "it's \\ \n" }]);
  });

  test("an unknown one is refused", async ({ warehouse }) => {
    const clickhouse_settings = { SQL_as_of: "2026-05-01" };
    await expect(warehouse.client.query({ query: "SELECT 1", clickhouse_settings })).rejects.toMatchObject({
      code: "115",
    });
  });

  test("the database of the client is the current one", async ({ warehouse }) => {
    await warehouse.client.command({ query: "CREATE DATABASE `my ``base`" });
    const answer = await warehouse.client.query({ query: "SELECT currentDatabase() AS name", format: "JSONEachRow" });
    expect(await answer.json()).toEqual([{ name: "default" }]);
    const other = aClient(warehouse, { database: "my `base" });
    const there = await other.query({ query: "SELECT currentDatabase() AS name", format: "JSONEachRow" });
    expect(await there.json()).toEqual([{ name: "my `base" }]);
    await other.close();
  });
});

describe("results", () => {
  test("come in the format that was asked for, with its headers", async ({ warehouse }) => {
    const [{ timezone }] = z
      .tuple([z.object({ timezone: z.string() })])
      .parse(await rows(warehouse, "SELECT timezone() AS timezone"));
    const result = await warehouse.client.query({ query: "SELECT 1 AS one", format: "JSON", query_id: "my-query" });
    expect(result.response_headers).toMatchObject({
      "content-type": "application/json; charset=UTF-8",
      "x-clickhouse-format": "JSON",
      "x-clickhouse-query-id": "my-query",
      "x-clickhouse-timezone": timezone,
      "x-clickhouse-server-display-name": hostname(),
    });
    expect(await result.json<ResponseJSON>()).toMatchObject({ data: [{ one: 1 }], rows: 1 });
  });

  test("stream: the first rows are there long before the last", async ({ warehouse }) => {
    const query = "SELECT number, toString(number) FROM numbers(1000000000)";
    const result = await warehouse.client.query({ query, format: "JSONEachRow" });
    for await (const batch of result.stream()) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    result.close();
    await until(async () => (await running(warehouse)).length === 0);
  });

  test("a large one arrives whole, with and without compression", async ({ warehouse }) => {
    for (const enable_http_compression of [0, 1] as const) {
      const result = await warehouse.client.query({
        query: "SELECT number, toString(number) AS text FROM numbers(1000000)",
        clickhouse_settings: { enable_http_compression },
        format: "JSONEachRow",
      });
      let sum = 0n;
      for await (const batch of result.stream<{ number: string; text: string }>()) {
        for (const row of batch) sum += BigInt(row.json().text);
      }
      expect(sum).toBe(499999500000n);
    }
  });

  test("each gets exactly its own, of any size, also behind one that is empty or broke off", async ({ warehouse }) => {
    const pipe = 65_536; // bytes that fit into a pipe
    const ask = async (query: string) => (await warehouse.client.query({ query, format: "JSONCompactEachRow" })).text();
    const sizes = [0, 1, 16_383, pipe - 1, pipe, pipe + 1, 3 * pipe, 1_000_000];
    const lane = async (letter: string) => {
      for (const size of sizes) {
        await expect(ask("SELECT number, throwIf(number = 200000) FROM numbers(400000)")).rejects.toThrow(
          /throwIf|aborted/,
        );
        expect(await ask("SELECT 1 WHERE 0")).toBe("");
        const text = letter.repeat(size);
        expect(await ask(`SELECT repeat('${letter}', ${size})`)).toBe(`["${text}"]\n`);
      }
    };
    await Promise.all(["a", "b", "c", "d"].map(lane));
  });

  test("SHOW, DESCRIBE, EXPLAIN and EXISTS answer", async ({ warehouse }) => {
    await warehouse.client.command({ query: "CREATE TABLE shown (a UInt8) ENGINE = Memory" });
    expect(await rows(warehouse, "SHOW TABLES LIKE 'shown'")).toEqual([{ name: "shown" }]);
    expect(await rows(warehouse, "DESCRIBE TABLE shown")).toMatchObject([{ name: "a", type: "UInt8" }]);
    expect(await rows(warehouse, "EXISTS TABLE shown")).toEqual([{ result: 1 }]);
    expect(await rows(warehouse, "EXPLAIN SELECT 1")).not.toEqual([]);
    expect(await rows(warehouse, "WITH 1 AS x SELECT x, 2 AS format, 3 AS `into outfile`")).toEqual([
      { x: 1, format: 2, "into outfile": 3 },
    ]);
    expect(await rows(warehouse, "(SELECT 1 AS x) UNION ALL (SELECT 1)")).toEqual([{ x: 1 }, { x: 1 }]);
  });
});

describe("inserts", () => {
  test("of rows and of streams, compressed or not, fill defaults", async ({ warehouse }) => {
    await warehouse.client.command({
      query: "CREATE TABLE filled (a UInt64, s String DEFAULT 'none') ENGINE = MergeTree ORDER BY a",
    });
    const compressing = aClient(warehouse, { compression: { request: true, response: true } });
    for (const client of [warehouse.client, compressing]) {
      await client.insert({ table: "filled", values: [{ a: 1 }, { a: 2, s: "it's\n" }], format: "JSONEachRow" });
      await client.insert({
        table: "filled",
        values: Readable.from(["3,x\n", "4,y\n"], { objectMode: false }),
        format: "CSV",
      });
      await client.insert({ table: "filled", values: [["5"]], columns: ["a"], format: "JSONCompactEachRow" });
    }
    await compressing.close();
    expect(await rows(warehouse, "SELECT a, s, count() AS c FROM filled GROUP BY ALL ORDER BY a")).toEqual([
      { a: 1, s: "none", c: 2 },
      { a: 2, s: "it's\n", c: 2 },
      { a: 3, s: "x", c: 2 },
      { a: 4, s: "y", c: 2 },
      { a: 5, s: "none", c: 2 },
    ]);
  });

  test("INSERT … SELECT … FROM input() takes the body, gzipped or not", async ({ warehouse }) => {
    await warehouse.client.command({ query: "CREATE TABLE loaded (n UInt64, s String) ENGINE = MergeTree ORDER BY n" });
    const query = `INSERT INTO loaded (n, s) SELECT toUInt64(b), concat(a, {suffix:String}) FROM input('a String, b String')
      WHERE b != '' /* FORMAT in a comment */ SETTINGS max_threads = 2 FORMAT CSVWithNames`;
    const csv = 'b,a\n1,"x, FORMAT"\n2,"line\nbreak"\n';
    const query_params = { suffix: "'!" };
    for (const http_headers of [{}, { "Content-Encoding": "gzip" }]) {
      const body = "Content-Encoding" in http_headers ? gzipSync(csv) : Buffer.from(csv);
      const { stream } = await warehouse.client.exec({
        query,
        query_params,
        values: Readable.from([body]),
        http_headers,
      });
      await stream.resume().toArray();
    }
    expect(await rows(warehouse, "SELECT DISTINCT n, s FROM loaded ORDER BY n")).toEqual([
      { n: 1, s: "x, FORMAT'!" },
      { n: 2, s: "line\nbreak'!" },
    ]);
  });

  test("a statement of 60 KB goes through the URL", async ({ warehouse }) => {
    await warehouse.client.command({ query: "CREATE TABLE wide (s String) ENGINE = Memory" });
    const query = `INSERT INTO wide SELECT concat(a${", ''".repeat(15_000)}) FROM input('a String') FORMAT CSV`;
    const { stream } = await warehouse.client.exec({ query, values: Readable.from(["x\n"], { objectMode: false }) });
    await stream.resume().toArray();
    expect(await rows(warehouse, "SELECT s FROM wide")).toEqual([{ s: "x" }]);
  });

  test("a truncated gzip body inserts nothing", async ({ warehouse }) => {
    await warehouse.client.command({ query: "CREATE TABLE cut (s String) ENGINE = Memory" });
    const whole = gzipSync(Array.from({ length: 1000 }, (_, index) => `${index}\n`).join(""));
    const values = Readable.from([whole.subarray(0, -20)]);
    const http_headers = { "Content-Encoding": "gzip" };
    const load = warehouse.client.exec({ query: "INSERT INTO cut FORMAT CSV", values, http_headers });
    await expect(load).rejects.toMatchObject({ code: "354" });
    expect(await rows(warehouse, "SELECT count() AS count FROM cut")).toEqual([{ count: 0 }]);
  });

  test("a body that breaks off inserts nothing", async ({ warehouse }) => {
    await warehouse.client.command({ query: "CREATE TABLE broken (s String) ENGINE = Memory" });
    const values = Readable.from(
      (async function* () {
        yield "complete\n".repeat(1000);
        await until(async () => (await running(warehouse)).length === 1);
        throw new Error("the source broke");
      })(),
      { objectMode: false },
    );
    await expect(warehouse.client.insert({ table: "broken", values, format: "CSV" })).rejects.toThrow(
      "the source broke",
    );
    await until(async () => (await running(warehouse)).length === 0);
    expect(await rows(warehouse, "SELECT count() AS count FROM broken")).toEqual([{ count: 0 }]);
  });
});

describe("errors", () => {
  const cases: [query: string, code: string, type: string][] = [
    ["SELECT nope", "47", "UNKNOWN_IDENTIFIER"],
    ["SELECT * FROM nope", "60", "UNKNOWN_TABLE"],
    ["SELECT nope(1)", "46", "UNKNOWN_FUNCTION"],
    ["SELECT 1 FROM", "62", "SYNTAX_ERROR"],
    ["SELECT 'open", "62", "SYNTAX_ERROR"],
    ["SELECT 1; DROP TABLE x", "62", "SYNTAX_ERROR"],
    ["DROP TABLE IF EXISTS x; DROP TABLE IF EXISTS y", "62", "SYNTAX_ERROR"],
    ["SELECT toUInt8('x')", "6", "CANNOT_PARSE_TEXT"],
    ["SELECT throwIf(1)", "395", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", "48", "NOT_IMPLEMENTED"],
    ["CREATE TEMPORARY TABLE x (a UInt8)", "48", "NOT_IMPLEMENTED"],
    ["INSERT INTO x FROM INFILE '/etc/passwd' FORMAT LineAsString", "48", "NOT_IMPLEMENTED"],
    ["INSERT INTO x SELECT * FROM input('a String')", "477", "INVALID_USAGE_OF_INPUT"],
  ];
  test.for(cases)("%s is %s", async ([query, code, type], { warehouse }) => {
    const failure = await warehouse.client.command({ query }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ClickHouseError);
    expect(failure).toMatchObject({ code, type });
    expect(String(failure)).not.toMatch(/billhouse-pipes|OUTFILE .*APPEND/);
  });

  test("in the middle of a result are thrown, with and without compression", async ({ warehouse }) => {
    for (const enable_http_compression of [0, 1] as const) {
      const result = await warehouse.client.query({
        query: "SELECT number, throwIf(number = 3000000) FROM numbers(5000000)",
        clickhouse_settings: { enable_http_compression, max_threads: 1 },
        format: "JSONEachRow",
      });
      const read = (async () => {
        let count = 0;
        for await (const batch of result.stream()) count += batch.length;
        return count;
      })();
      // Node may see the broken transfer before it has passed on the exception that came right before it.
      await expect(read).rejects.toThrow(/throwIf|aborted/);
    }
  });

  test("reach a client that is still sending", async ({ warehouse }) => {
    const endless = Readable.from(
      (async function* () {
        for (;;) yield "x".repeat(10_000) + "\n";
      })(),
      { objectMode: false },
    );
    await warehouse.client.command({ query: "CREATE TABLE numeric (n UInt64) ENGINE = Memory" });
    const insert = warehouse.client.insert({ table: "numeric", values: endless, format: "CSV" });
    await expect(insert).rejects.toMatchObject({ type: "INCORRECT_DATA" });
    endless.destroy();
  });
});

describe("queries end", () => {
  test("when the client aborts", async ({ warehouse }) => {
    const abort = new AbortController();
    const query = "SELECT sum(sipHash64(number)) FROM numbers(100000000000)";
    const asked = warehouse.client.query({ query, abort_signal: abort.signal });
    await until(async () => (await running(warehouse)).length === 1);
    abort.abort();
    await expect(asked).rejects.toThrow("aborted");
    await until(async () => (await running(warehouse)).length === 0);
  });

  test("when another client kills them by the id that they were given", async ({ warehouse }) => {
    const query = "SELECT sum(sipHash64(number)) FROM numbers(100000000000)";
    const asked = warehouse.client.query({ query, query_id: "slow-one" }).then(
      () => undefined,
      (error: unknown) => error,
    );
    await until(async () => (await running(warehouse)).length === 1);
    await warehouse.client.command({ query: "KILL QUERY WHERE query_id = 'slow-one' SYNC" });
    expect(await asked).toMatchObject({ code: "394", type: "QUERY_WAS_CANCELLED" });
  });

  test("and one that computes inside of its analysis holds up nobody", async ({ warehouse }) => {
    const query = "SELECT (SELECT sum(sipHash64(number)) FROM numbers(100000000000))";
    const abort = new AbortController();
    const asked = warehouse.client.query({ query, abort_signal: abort.signal }).catch(() => undefined);
    await until(async () => (await running(warehouse)).length >= 1);
    expect(await rows(warehouse, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    abort.abort();
    await asked;
    await until(async () => (await running(warehouse)).length === 0);
  });
});

async function running(warehouse: { client: ReturnType<typeof aClient> }): Promise<unknown[]> {
  return rows(warehouse, "SELECT query FROM system.processes WHERE query NOT LIKE '%system.processes%'");
}
