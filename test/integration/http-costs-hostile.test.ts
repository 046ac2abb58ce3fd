import Big from "big.js";
import fc from "fast-check";
import type { LightMyRequestResponse } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { importHttpData } from "../support/http-data.ts";
import type { HttpData } from "../support/http-data.ts";
import { READERS, requireStatus } from "../support/http-rows.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let data: HttpData;
let service: TestService;
/** The words of every statement that the service has asked. */
const statements: string[] = [];

beforeAll(async () => {
  engine = await startTestEngine();
  const warehouse = await engine.database();
  data = await importHttpData(warehouse);
  service = await createTestService(recording(warehouse));
});

afterAll(async () => {
  await service.close();
  await data.remove();
  await engine.close();
});

/** A word that stands in every hostile text, and is in no word of ours. */
const MARK = "zq9x";

const ATTACKS = [
  "'",
  "''",
  '"',
  "`",
  "\\",
  "\\'",
  "' OR 1=1 --",
  "') UNION ALL SELECT name FROM system.tables --",
  "'; DROP TABLE cost_entries; --",
  "1) OR (1=1",
  "*/ SELECT 1 /*",
  "{v0:String}",
  "{v0:Identifier}",
  "$1",
  "%",
  "%00",
  "\0",
  "\n",
  "\r\nX-Injected: 1",
  "\t",
  "${7*7}",
  "__proto__",
  "constructor",
  "a.b",
  "[1,2]",
  "['a','b']",
  "NULL",
  "\\N",
  "nan",
  "1e309",
  "🏷️",
  "\u202e",
  "\ud800",
  "ß".repeat(300),
  "x".repeat(5_000),
];
const hostile = fc
  .tuple(
    fc.constantFrom("", ...ATTACKS),
    fc.oneof(fc.constantFrom(...ATTACKS), fc.string({ unit: "binary", maxLength: 20 })),
  )
  .map(([before, after]) => `${before}${MARK}${after}`);

/** Keys by which a body could change what every object has. */
const POISON = /"(?:__proto__|constructor)"\s*:/;

const COSTS = [
  "from",
  "to",
  "window",
  "granularity",
  "asOf",
  "metric",
  "currency",
  "groupBy",
  "top",
  "filter",
  "compareTo",
  "order",
  "limit",
  "cursor",
  "format",
];
const ENTRIES = ["from", "to", "window", "asOf", "metric", "columns", "filter", "order", "limit", "cursor", "format"];
const VALUES = ["from", "to", "window", "asOf", "search", "filter", "limit", "cursor", "format"];
const PATHS: readonly (readonly [path: string, parameters: readonly string[]])[] = [
  ["/v1/costs", COSTS],
  ["/v1/cost-entries", ENTRIES],
  ["/v1/dimensions/meter_category/values", VALUES],
  ["/v1/dimensions/tag/values", VALUES],
  ["/v1/dimensions/tracking/values", VALUES],
];

test.each(PATHS)("no text at any parameter of GET %s is more than a value", async (path, parameters) => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...parameters, MARK), decorated(hostile), async (parameter, value) => {
      const answer = await get(`${path}?${new URLSearchParams([[parameter, value]]).toString()}`);
      expect(harmOf(answer, parameter === MARK ? [MARK] : [parameter])).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test("no name of a parameter does harm", async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (name) => {
      const answer = await get(`/v1/costs?${new URLSearchParams([[name, "x"]]).toString()}`);
      requireStatus(answer, 400);
      expect(harmOf(answer)).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test("no dimension in a path does harm", async () => {
  await fc.assert(
    fc.asyncProperty(decorated(hostile), async (name) => {
      expect(harmOf(await get(`/v1/dimensions/${encodeURIComponent(wellFormed(name))}/values`))).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ["/v1/costs", COSTS],
  ["/v1/cost-entries", ENTRIES],
] as const)("no JSON at any parameter of POST %s is more than a value", async (url, parameters) => {
  const json = fc
    .oneof(hostile, fc.jsonValue({ maxDepth: 3 }), fc.array(decorated(hostile), { maxLength: 3 }))
    .filter((value) => !POISON.test(JSON.stringify(value))); // refused before anybody looks at parameters
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...parameters), json, async (parameter, value) => {
      const answer = await service.send({
        method: "POST",
        url,
        payload: JSON.stringify({ [parameter]: value }),
        headers: { "content-type": "application/json" },
      });
      expect(harmOf(answer, [parameter])).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test.each(["__proto__", "constructor"])("a body that says what its %s is, is refused", async (name) => {
  const payload = `{"from":{"${name}":{"prototype":{}}}}`;
  const headers = { "content-type": "application/json" };
  const answer = await service.send({ method: "POST", url: "/v1/costs", payload, headers });
  requireStatus(answer, 400);
});

test("a filter finds nothing by a text that is nowhere, and everything without it", async () => {
  const all = (await get("/v1/costs")).json<{ data: object[] }>().data;
  const dimension = fc.oneof(
    fc.constantFrom("meter_category", "resource_id", "resource_name", "subscription_id"),
    tagOf(hostile),
  );
  const op = fc.constantFrom("eq", "in", "prefix", "contains");
  await fc.assert(
    fc.asyncProperty(dimension, op, hostile.map(wellFormed), async (name, how, value) => {
      const filter = { dimension: name, op: how, values: [value] };
      const found = await post({ filter });
      expect(requireStatus(found, 200).json<{ data: object[] }>().data).toEqual([]);
      const others = await post({ filter: { not: filter } });
      expect(requireStatus(others, 200).json<{ data: object[] }>().data).toEqual(all);
      expect(harmOf(found)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("the same filter in one line finds the same", async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (value) => {
      const text = `resource_name = '${value.replaceAll("'", "''")}'`;
      const answer = await get(`/v1/costs?${new URLSearchParams({ filter: text }).toString()}`);
      expect(harmOf(answer, ["filter"])).toEqual([]);
      expect(answer.statusCode === 400 ? [] : answer.json<{ data: object[] }>().data).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test("any key of a tag can be grouped by and is nobody's", async () => {
  const all = (await get("/v1/costs")).json<{ data: { actual: string }[] }>().data;
  await fc.assert(
    fc.asyncProperty(tagOf(hostile), fc.constantFrom("json", "csv", "parquet" as const), async (name, format) => {
      const answer = await post({ groupBy: [name], format });
      requireStatus(answer, 200);
      expect(harmOf(answer)).toEqual([]);
      const rows = await READERS[format](answer.rawPayload);
      expect(rows.map(({ actual }) => actual)).toEqual(
        all.map(({ actual }) => (format === "parquet" ? cut(actual) : actual)),
      );
      for (const row of rows) expect(Object.values(row)[0]).toBe("");
    }),
    { numRuns: 40 },
  );
});

test.each(["名", "'", "\\", "%", "🏷️"])(
  "as much of everything as may be asked for at once is not too much (%s)",
  async (letter) => {
    const groupBy = Array.from({ length: 31 }, (_, at) => `tag:${at}${letter.repeat(500 / letter.length)}`);
    const values = Array.from({ length: 100 }, (_, at) => `${at}${letter.repeat(560 / letter.length)}`);
    const conditions = Array.from({ length: 199 }, () => ({ dimension: "meter_name", op: "exists" }));
    const isNot = { not: { dimension: "resource_name", op: "in", values } };
    const filter = { or: [isNot, { and: conditions }] };
    const answer = await post({ groupBy, order: groupBy, filter });
    expect(requireStatus(answer, 200).json<{ data: object[] }>().data).toHaveLength(2);
    const more = await post({ groupBy: [...groupBy, ...groupBy.map((name) => `${name}!`)] });
    expect(harmOf(requireStatus(more, 400), ["groupBy"])).toEqual([]);
  },
);

test("bytes that are no UTF-8, and names that are there twice, do no harm", async () => {
  for (const query of [
    "groupBy=%ff%fe",
    "filter=%c3%28",
    "from=%00",
    "groupBy[]=source",
    "from=1&from=2",
    "limit=%31%30&limit=1",
  ]) {
    expect(harmOf(await get(`/v1/costs?${query}`))).toEqual([]);
  }
});

/** Also where it begins like something that is allowed. */
function decorated(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const begun = ["tag:", "-", "tracking:", "2026-05-01", "meter_category = '", "meter_category ", "(", "not ", "7"];
  return fc.tuple(fc.constantFrom("", ...begun), texts).map(([before, text]) => `${before}${text}`);
}

function tagOf(keys: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return keys.map((key) => `tag:${wellFormed(key.slice(0, 100))}${MARK}`);
}

function cut(amount: string): string {
  return new Big(amount).round(18, Big.roundDown).toFixed();
}

/** Half a character is refused in names, and cannot be sent in a URL. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, "");
}

/**
 * What is wrong with an answer: a failure of ours, a refusal that names no parameter or another one, words of ClickHouse,
 * or a statement with what the caller wrote.
 */
function harmOf(answer: LightMyRequestResponse, parameters?: readonly string[]): string[] {
  const asked = statements.splice(0);
  const harm = asked.filter((sql) => sql.includes(MARK)).map((sql) => `said to ClickHouse: ${sql}`);
  if (answer.headers["x-injected"] !== undefined) harm.push("a header of the caller's");
  if (answer.statusCode >= 500) harm.push(`status ${answer.statusCode}: ${answer.body}`);
  if (answer.statusCode < 400) return harm;
  if (/DB::Exception|Code: \d|SQL|SELECT .* FROM c/.test(answer.body)) harm.push(`words of ClickHouse: ${answer.body}`);
  const { error } = answer.json<{ error: { details?: { parameters?: object } } }>();
  const named = Object.keys(error.details?.parameters ?? {}).map((name) => name.split(".", 1)[0] ?? "");
  if (parameters === undefined || (named.length > 0 && named.every((name) => parameters.includes(name)))) return harm;
  return [...harm, `names ${named.join(", ")}: ${answer.body}`];
}

async function get(url: string): Promise<LightMyRequestResponse> {
  return service.get(url);
}

async function post(payload: object): Promise<LightMyRequestResponse> {
  return service.send({ method: "POST", url: "/v1/costs", payload });
}

/** The same warehouse, and all that is asked of it. */
function recording(warehouse: Warehouse): Warehouse {
  return {
    ...warehouse,
    answer(sql, ...rest) {
      statements.push(sql);
      return warehouse.answer(sql, ...rest);
    },
  };
}
