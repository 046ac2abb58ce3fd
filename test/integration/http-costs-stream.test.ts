import { once } from "node:events";
import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { Writable } from "node:stream";
import { createGunzip } from "node:zlib";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { Line } from "../support/exports.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { createScenes } from "../support/scene.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

const LINES = 1_000;
const COPIES = 400;
const ROWS = LINES * COPIES;
const URL_OF_ALL = "/v1/cost-entries?format=csv";
const MEBIBYTE = 1 << 20;

let engine: TestEngine;
let warehouse: Warehouse;
let service: TestService;
let origin: string;
const scenes = createScenes(() => engine);

beforeAll(async () => {
  engine = await startTestEngine();
  const scene = await scenes.scene();
  ({ warehouse } = scene);
  const contoso = await scene.supplier("contoso");
  const lines = Array.from({ length: LINES }, (_, at): Line => ({ cost: `0.0000000${at + 1}` }));
  await contoso.bring({ dataset: "actual", lines });
  // As many lines of the same load as a large file has, without the hours that writing it takes. Their tags are noise:
  // what gzip makes of them is still far more than sockets and streams hold of an answer that nobody reads.
  const noise = [1, 2, 3, 4].map((salt) => `hex(sipHash128(e.line, n.number, ${salt}))`).join(", ");
  await warehouse.run(
    `INSERT INTO cost_entries
    SELECT e.* REPLACE (e.line + ${LINES} * (n.number + 1) AS line, map('noise', concat(${noise})) AS tags)
    FROM cost_entries AS e CROSS JOIN numbers(${COPIES - 1}) AS n`,
  );
  service = await createTestService(warehouse);
  await service.app.listen({ host: "127.0.0.1", port: 0 });
  origin = `http://127.0.0.1:${(service.app.server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await service.close();
  await scenes.clear();
  await engine.close();
});

test.each(["csv", "ndjson"])(
  "%s of hundreds of thousands of lines passes through without filling the memory",
  async (format) => {
    const before = memoryOf();
    const response = await ask(`/v1/cost-entries?format=${format}`);
    let bytes = 0;
    let lines = 0;
    let most = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      for (const byte of chunk) if (byte === 0x0a) lines += 1;
      most = Math.max(most, memoryOf() - before);
    }
    expect(response.complete).toBe(true);
    expect(lines).toBe(ROWS + (format === "csv" ? 1 : 0));
    expect(response.headers["billhouse-rows"]).toBe(String(ROWS));
    expect(bytes).toBeGreaterThan(150 * MEBIBYTE);
    expect(most).toBeLessThan(75 * MEBIBYTE); // what was sent and is not collected yet, in a process that reads it as well
  },
);

test("a reader who stops reading stops the service and the warehouse, and neither collects what he does not read", async () => {
  const before = memoryOf();
  const response = await ask(URL_OF_ALL);
  response.pause();
  const { socket } = response;
  const read = await settled(() => socket.bytesRead);
  expect(read).toBeLessThan(20 * MEBIBYTE);
  expect(memoryOf() - before).toBeLessThan(50 * MEBIBYTE);
  expect(await queriesUnderWay()).toHaveLength(1);
  const counter = countBytes();
  await pipeline(response, counter.sink);
  expect(counter.lines()).toBe(ROWS + 1);
});

test("a reader who leaves ends the query", async () => {
  const response = await ask(URL_OF_ALL);
  response.pause();
  await until(async () => (await queriesUnderWay()).length === 1);
  response.destroy();
  await until(async () => (await queriesUnderWay()).length === 0);
  await until(() => service.dependencies.queries.counts().running === 0);
});

test.each(["identity", "gzip"])("a query that fails in the middle breaks the connection off (%s)", async (encoding) => {
  const response = await ask(URL_OF_ALL, { "accept-encoding": encoding });
  expect(response.headers["content-encoding"]).toBe(encoding === "gzip" ? "gzip" : undefined);
  response.pause();
  await settled(() => response.socket.bytesRead);
  const [query] = await queriesUnderWay();
  expect(query).toBeDefined();
  await warehouse.run(`KILL QUERY WHERE query_id = '${query}' ASYNC`);
  const counter = countBytes();
  const reading =
    encoding === "gzip" ? pipeline(response, createGunzip(), counter.sink) : pipeline(response, counter.sink);
  await expect(reading).rejects.toThrow(/aborted|terminated|socket hang up|unexpected end|incorrect|premature/i);
  expect(response.complete).toBe(false);
  expect(counter.lines()).toBeLessThan(ROWS);
});

async function ask(path: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
  const [response] = (await once(get(`${origin}${path}`, { headers, agent: false }), "response")) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  return response;
}

/** What this process, the service in it, holds of JavaScript and of buffers. */
function memoryOf(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function countBytes(): { readonly sink: Writable; readonly lines: () => number } {
  let lines = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const byte of chunk) if (byte === 0x0a) lines += 1;
      done();
    },
  });
  return { sink, lines: () => lines };
}

/** The streams of entries that the warehouse is working on. */
async function queriesUnderWay(): Promise<string[]> {
  const rows = await warehouse.rows(
    `SELECT query_id FROM system.processes WHERE query LIKE '%cost_entries%' AND query LIKE '%toJSONString%'
      AND query NOT LIKE '%system.processes%'`,
  );
  return z
    .array(z.object({ query_id: z.string() }))
    .parse(rows)
    .map(({ query_id }) => query_id);
}

/** The value that a number comes to rest at. */
async function settled(valueOf: () => number): Promise<number> {
  let value = valueOf();
  for (let same = 0; same < 25;) {
    await sleep(20);
    same = valueOf() === value ? same + 1 : 0;
    value = valueOf();
  }
  return value;
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`This did not come true within 20 s: ${String(isTrue)}`);
    await sleep(20);
  }
}
