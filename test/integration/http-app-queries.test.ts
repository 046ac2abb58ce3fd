import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { callerSignal } from "../../src/http/caller-signal.ts";
import type { HttpSettings } from "../../src/http/settings.ts";
import { until } from "../support/processes.ts";
import { createTestService, type TestService } from "../support/http-service.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let marks = 0;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});

afterAll(() => engine.close());

test("a query whose caller leaves is killed, and its place is free again", async () => {
  const { service, url, mark } = await slowService({ maxQueries: 1 });
  const left = call(`${url}/slow`);
  left.on("error", () => undefined);
  await until(async () => (await countRunning(mark)) === 1);
  expect(service.dependencies.queries.counts()).toEqual({ running: 1, waiting: 0 });
  left.destroy();
  await until(async () => (await countRunning(mark)) === 0);
  await until(() => service.dependencies.queries.counts().running === 0);
  await until(() => service.log().includes('"status":499'));
  expect(service.log()).not.toContain('"level":"error"');
});

test("a query that is streamed is killed when its caller leaves in the middle", async () => {
  const { service, url, mark } = await slowService({ maxQueries: 1 });
  const left = call(`${url}/stream`);
  left.on("error", () => undefined);
  await new Promise<void>((resolve) => {
    left.once("response", (answer: IncomingMessage) => answer.once("data", () => resolve()));
  });
  expect(await countRunning(mark)).toBe(1);
  expect(service.dependencies.queries.counts().running).toBe(1);
  left.destroy();
  await until(async () => (await countRunning(mark)) === 0);
  await until(() => service.dependencies.queries.counts().running === 0);
});

test("a stream of which its reader takes nothing is ended, and its place is free again", async () => {
  const { service, url, mark } = await slowService({ maxQueries: 1, stallTimeoutMs: 200 });
  const sent = call(`${url}/wide`).on("error", () => undefined);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const broken = new Promise((resolve) => answer.on("error", () => undefined).once("close", resolve));
  expect(service.dependencies.queries.counts().running).toBe(1); // nothing of the body is read
  await until(() => service.dependencies.queries.counts().running === 0);
  await until(async () => (await countRunning(mark)) === 0);
  answer.resume();
  await broken;
  expect(answer.complete).toBe(false);
});

test("a query that takes too long is killed, and its caller hears of it", async () => {
  const { service, mark } = await slowService({ queryTimeoutMs: 1000 });
  const answer = await service.get("/slow");
  expect([answer.statusCode, answer.json()]).toEqual([
    504,
    { error: { code: "time_limit", message: "The question took too long and was stopped. Ask for less." } },
  ]);
  await until(async () => (await countRunning(mark)) === 0);
});

test("beyond so many queries requests wait, beyond so many waiting they are sent away", async () => {
  const { service, url, mark } = await slowService({ maxQueries: 1, maxQueued: 1 });
  const { counts } = service.dependencies.queries;
  const first = call(`${url}/slow`).on("error", () => undefined);
  await until(() => counts().running === 1);
  const second = call(`${url}/slow`).on("error", () => undefined);
  await until(() => counts().waiting === 1);

  const third = await service.get("/slow");
  expect([third.statusCode, third.headers["retry-after"]]).toEqual([503, "2"]);
  expect(third.json()).toEqual({
    error: { code: "busy", message: "Too many questions are waiting for their turn. Try again." },
  });

  second.destroy(); // who leaves the line makes room in it
  await until(() => counts().waiting === 0);
  const fourth = service.get("/quick");
  await until(() => counts().waiting === 1);
  expect(await countRunning(mark)).toBe(1);
  first.destroy();
  expect((await fourth).statusCode).toBe(200);
});

test("no question changes anything, whatever it says", async () => {
  const { service } = await slowService({});
  const statement = { sql: "INSERT INTO api_token_uses SELECT generateUUIDv4(), now64(3)" };
  const { signal } = new AbortController();
  await expect(service.dependencies.queries.rows(statement, { signal })).rejects.toThrow("readonly mode");
  expect(await warehouse.rows("SELECT 1 FROM api_token_uses")).toEqual([]);
});

test("ClickHouse's compression is passed on as it is", async () => {
  const { url } = await slowService({});
  const sent = call(`${url}/packed`);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  expect(answer.headers["content-encoding"]).toBe("gzip");
  const bytes = await buffer(answer);
  expect(gunzipSync(bytes).toString().split("\n")).toHaveLength(100_001);
});

/** A service on a socket, with routes whose query takes a minute unless it is killed. */
async function slowService(
  settings: Partial<HttpSettings>,
): Promise<{ service: TestService; url: string; mark: string }> {
  const service = await createTestService(warehouse, { settings });
  onTestFinished(() => service.close());
  const mark = `slow-${++marks}`;
  const { queries } = service.dependencies;
  const slow = { sql: `SELECT '${mark}', sleepEachRow(0.1) FROM numbers(600) SETTINGS max_block_size = 1` };
  const wide = {
    sql: `SELECT '${mark}', repeat('x', 100000), sleepEachRow(0.01) FROM numbers(6000) SETTINGS max_block_size = 1`,
  };
  service.app.get("/slow", async (_request, reply) => queries.rows(slow, { signal: callerSignal(reply) }));
  service.app.get("/quick", async (_request, reply) =>
    queries.rows({ sql: "SELECT 1 AS one" }, { signal: callerSignal(reply) }),
  );
  service.app.get("/packed", async (_request, reply) => {
    const numbers = { sql: "SELECT number FROM numbers(100000)" };
    const { stream, encoding } = await queries.stream(numbers, "CSV", {
      signal: callerSignal(reply),
      encoding: "gzip",
    });
    return reply.header("content-encoding", encoding).send(stream);
  });
  const much = { sql: `SELECT '${mark}', repeat('x', 1000) FROM numbers(1000000)` };
  service.app.get("/wide", async (_request, reply) =>
    reply.send((await queries.stream(much, "CSV", { signal: callerSignal(reply) })).stream),
  );
  service.app.get("/stream", async (_request, reply) =>
    reply.send((await queries.stream(wide, "CSV", { signal: callerSignal(reply) })).stream),
  );
  await service.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = service.app.server.address() as AddressInfo;
  return { service, url: `http://127.0.0.1:${port}`, mark };
}

function call(url: string): ReturnType<typeof httpRequest> {
  const sent = httpRequest(url, { agent: false });
  sent.end();
  return sent;
}

async function countRunning(mark: string): Promise<number> {
  const rows = await warehouse.rows(
    "SELECT 1 FROM system.processes WHERE position(query, {mark:String}) > 0 AND position(query, 'system.processes') = 0",
    { mark: `'${mark}'` },
  );
  return rows.length;
}
