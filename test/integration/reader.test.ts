import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clickHouseCode } from "../../clickhouse/client.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { createReader } from "../../clickhouse/reader.ts";
import type { Reader } from "../../clickhouse/reader.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let reader: Reader;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
  reader = createReader(warehouse.address);
});

afterAll(async () => {
  reader.close();
  await engine.close();
});

const AWKWARD = 'it\'s "quoted" \\ back\n\t\r new — ü€😀 {x:String} --';

test.for([
  ["String", AWKWARD, AWKWARD],
  ["Array(String)", [AWKWARD, ""], `${AWKWARD}|`],
  ["Array(Date)", ["2026-05-01", "2026-05-02"], "2026-05-01|2026-05-02"],
  ["UInt64", 7, "7"],
  ["Bool", false, "false"],
  ["Nullable(String)", null, "null"],
] as const)("a parameter %s arrives as it was sent", async ([type, value, text]) => {
  const shown = type.startsWith("Array") ? "arrayStringConcat({value:T}, '|')" : "ifNull(toString({value:T}), 'null')";
  const sql = `SELECT ${shown.replace("T}", `${type}}`)} AS text`;
  const answer = await reader.read(sql, "JSONEachRow", { parameters: { value } });
  expect(JSON.parse(answer.toString())).toEqual({ text });
});

test("an answer can come packed, and says so", async () => {
  const { stream, contentType, encoding } = await reader.open("SELECT number FROM numbers(3)", "CSV", {
    encoding: "gzip",
  });
  expect([contentType, encoding]).toEqual(["text/csv; charset=UTF-8; header=absent", "gzip"]);
  expect(gunzipSync(await buffer(stream)).toString()).toBe("0\n1\n2\n");
});

test("what the engine refuses is thrown with its code, packed or not", async () => {
  for (const request of [{}, { encoding: "gzip" } as const]) {
    const refused = reader.read("SELECT * FROM nothing_like_it", "CSV", request);
    await expect(refused).rejects.toMatchObject({ code: "60", type: "UNKNOWN_TABLE" });
  }
  const rows = warehouse.rows("SELECT throwIf(1, 'as told')");
  await expect(rows).rejects.toThrow(/as told/);
  expect(await rows.catch(clickHouseCode)).toBe("395");
});

test("an answer that breaks off is never taken for a whole one", async () => {
  const broken = reader.read("SELECT number, throwIf(number = 3000000) FROM numbers(5000000)", "CSV", {
    settings: { max_threads: 1 },
  });
  await expect(broken).rejects.toThrow(/throwIf|aborted/);
  expect((await reader.read("SELECT 1", "CSV", {})).toString()).toBe("1\n");
});

test("a query that nobody waits for any more ends", async () => {
  const abort = new AbortController();
  const running =
    "SELECT count() AS count FROM system.processes WHERE query LIKE '%sipHash64(number)%' AND query NOT LIKE '%system.processes%'";
  const asked = reader.read("SELECT sum(sipHash64(number)) FROM numbers(100000000000)", "CSV", {
    signal: abort.signal,
  });
  await until(async () => (await warehouse.rows(running)).some((row) => JSON.stringify(row).includes('"1"')));
  abort.abort();
  await expect(asked).rejects.toThrow("abort");
  await until(async () => (await warehouse.rows(running)).some((row) => JSON.stringify(row).includes('"0"')));
});

test("a connection that the server closed while it was idle does not fail the next question", async () => {
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume();
    // The second question comes over the connection of the first one, which ends without an answer.
    if (++asked === 2) request.socket.resetAndDestroy();
    else response.end("1\n");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const lonely = createReader({ ...warehouse.address, url: `http://127.0.0.1:${port}` });
  try {
    for (let question = 0; question < 2; question++) {
      expect((await lonely.read("SELECT 1", "CSV", {})).toString()).toBe("1\n");
    }
    expect(asked).toBe(3);
  } finally {
    lonely.close();
    server.close();
  }
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(20);
}

test.each(["plain", "gzip"])(
  "a connection that is reset in the middle of a %s answer fails that question, and nothing else",
  async (kind) => {
    const server = createServer((request, response) => {
      request.resume();
      const isPacked = kind === "gzip";
      response.writeHead(isPacked ? 500 : 200, isPacked ? { "content-encoding": "gzip" } : {});
      response.write(isPacked ? gzipSync("Code: 1").subarray(0, 8) : "1\n", () => request.socket.resetAndDestroy());
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const lonely = createReader({ ...warehouse.address, url: `http://127.0.0.1:${port}` });
    try {
      await expect(lonely.read("SELECT 1", "CSV", {})).rejects.toThrow(/aborted|ECONNRESET|reset|closed/i);
      await expect(lonely.ping("x-billhouse-changes")).resolves.toBeUndefined();
    } finally {
      lonely.close();
      server.close();
    }
  },
);
