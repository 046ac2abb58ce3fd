import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createWarehouse } from "../../clickhouse/client.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { InvalidRequestError, StorageError } from "../../src/domain/errors.ts";
import type { HttpSettings } from "../../src/http/settings.ts";
import { createTestService, type TestService } from "../support/http-service.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;
let service: TestService;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
  service = await createTestService(warehouse);
  addSamples(service);
});

afterAll(async () => {
  await service.close();
  await engine.close();
});

test("the description of all routes is valid OpenAPI 3.1", async () => {
  const document = (await service.get("/openapi.json")).json<Document>();
  const result = await new Validator().validate(document);
  expect(result.errors).toBeUndefined();
  expect([document.openapi, result.valid]).toEqual(["3.1.0", true]);
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  expect(operations.length).toBeGreaterThan(10);
  for (const { responses } of operations) {
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(["4XX", "5XX"]));
  }
});

test("the documentation page loads nothing that its own policy forbids", async () => {
  const page = await service.get("/docs/");
  expect(page.statusCode).toBe(200);
  const policy = String(page.headers["content-security-policy"]);
  expect(policy).toContain("script-src 'self';script-src-attr 'none';style-src 'self' 'unsafe-inline'");
  expect(policy).not.toContain("upgrade-insecure-requests");
  expect(page.body).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|(src|href)="(https?:)?\/\//);
  const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, path = ""]) => new URL(path, "http://a/docs/"),
  );
  expect(files.length).toBeGreaterThan(3);
  for (const { pathname } of files) expect((await service.get(pathname)).statusCode).toBe(200);
});

test.each([
  ["/v1/nothing", 404, { error: { code: "not_found", message: "Not found." } }],
  ["/nothing", 404, { error: { code: "not_found", message: "Not found." } }],
  ["/api/nothing/", 404, { detail: "Not found." }],
  [
    "/v1/sample?size=x&other=1",
    400,
    {
      error: {
        code: "invalid_parameter",
        message: "size: Expected a number. other: Unknown parameter.",
        details: { parameters: { size: ["Expected a number"], other: ["Unknown parameter."] } },
      },
    },
  ],
  ["/api/sample?size=x&other=1", 400, { size: ["Expected a number"], other: ["Unknown parameter."] }],
  ["/v1/refuse", 400, { error: { code: "invalid_request", message: "It cannot be. Ask otherwise." } }],
  ["/api/refuse", 400, { detail: "It cannot be. Ask otherwise." }],
])("the failure of %s is told in the shape of its surface", async (url, status, body) => {
  const answer = await service.get(url);
  expect([answer.statusCode, answer.json()]).toEqual([status, body]);
});

test("a method that a path does not have is answered with those that it has", async () => {
  const answer = await service.send({ method: "DELETE", url: "/api/sample/" });
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, "GET, HEAD, POST"]);
  expect(answer.json()).toEqual({ detail: 'Method "DELETE" not allowed.' });
  expect((await service.send({ method: "PUT", url: "/v1/sample" })).json()).toEqual({
    error: { code: "method_not_allowed", message: 'Method "PUT" not allowed.' },
  });
});

test("a slash at the end of a path makes no difference", async () => {
  for (const path of ["/v1/sample", "/v1/sample/", "/v1/sample?size=1", "/v1/sample/?size=1"]) {
    expect((await service.get(path)).json()).toEqual({ size: path.includes("?") ? 1 : 0 });
  }
});

test("URLs and bodies that are too large are refused, and so is a body that is no JSON", async () => {
  const { app } = await withSettings({ bodyLimitBytes: 100, maxUrlLength: 200 });
  const post = (payload: string) =>
    app.inject({ method: "POST", url: "/v1/sample", payload, headers: { "content-type": "application/json" } });
  expect((await app.inject(`/v1/sample?size=${"1".repeat(200)}`)).statusCode).toBe(414);
  expect((await post(JSON.stringify({ a: "x".repeat(100) }))).statusCode).toBe(413);
  expect((await post('{"a":')).statusCode).toBe(400);
  expect((await post('{"a":1}')).json()).toEqual({ a: 1 });
  const form = { "content-type": "application/x-www-form-urlencoded" };
  expect((await app.inject({ method: "POST", url: "/v1/sample", payload: "a=1", headers: form })).statusCode).toBe(415);
});

test("a URL that cannot be decoded is a failure like any other", async () => {
  for (const url of ["/v1/%zz", "/api/%E0%A4%A"]) {
    const answer = await service.get(url);
    expect([answer.statusCode, Object.keys(answer.json<object>())]).toEqual([
      400,
      [url.startsWith("/api/") ? "detail" : "error"],
    ]);
    expect(answer.headers["x-request-id"]).toBeDefined();
  }
});

test("a caller's own request id is in the answer and the log when it is a sane one", async () => {
  const given = await service.get("/v1/nothing", { "x-request-id": "deploy-42/abc" });
  expect(given.headers["x-request-id"]).toBe("deploy-42/abc");
  expect(service.log()).toContain('"requestId":"deploy-42/abc"');
  for (const id of ["a b", 'x"y', "é", "x".repeat(200)]) {
    const { headers } = await service.get("/healthz", { "x-request-id": id });
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  }
});

test("no secret is in an answer or the log", async () => {
  const answer = await service.get(`/v1/leak?sv=2024&sig=${SIGNATURE}`, { authorization: `Bearer ${TOKEN}` });
  expect(answer.statusCode).toBe(500);
  const refused = await service.get("/v1/leak-asked");
  expect(refused.statusCode).toBe(400);
  const said = answer.body + refused.body + service.log();
  for (const secret of [SIGNATURE, TOKEN, ACCOUNT_KEY]) expect(said).not.toContain(secret);
  expect(service.log()).toContain("sig=…");
  expect(refused.json<{ error: object }>().error).toMatchObject({ message: "AccountKey=… is wrong. Correct it." });
});

test("pages of other origins may call only where they are named", async () => {
  const preflight = {
    method: "OPTIONS",
    url: "/v1/sample",
    headers: { origin: "https://finops.example.com", "access-control-request-method": "GET" },
  } as const;
  expect((await service.send(preflight)).headers["access-control-allow-origin"]).toBeUndefined();
  const named = await withSettings({ corsOrigins: ["https://finops.example.com"], isAuthDisabled: false });
  const allowed = await named.send(preflight);
  expect([allowed.statusCode, allowed.headers["access-control-allow-origin"]]).toEqual([
    204,
    "https://finops.example.com",
  ]);
  const other = await named.send({ ...preflight, headers: { ...preflight.headers, origin: "https://evil.example" } });
  expect(other.headers["access-control-allow-origin"]).not.toBe("https://evil.example");
});

test("who asks more often than the limit is told when to come back", async () => {
  const limited = await withSettings({ rateLimit: 2 });
  const statuses = [];
  for (let count = 0; count < 3; count++) statuses.push((await limited.get("/v1/sample")).statusCode);
  expect(statuses).toEqual([200, 200, 429]);
  const answer = await limited.get("/v1/sample");
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  expect(answer.json<{ error: object }>().error).toMatchObject({ code: "rate_limit" });
});

test("the service is ready only when the warehouse answers and has every migration", async () => {
  expect([(await service.get("/readyz")).statusCode, (await service.get("/healthz")).json()]).toEqual([
    200,
    { ok: true },
  ]);
  const behind = createWarehouse({ ...warehouse.address, database: "nothing_there" });
  const away = createWarehouse({ ...warehouse.address, url: "http://127.0.0.1:1" });
  onTestFinished(() => Promise.all([behind.close(), away.close()]).then(() => undefined));
  for (const [missing, message] of [
    [behind, /^\d+ migrations are missing: run billhouse migrate$/],
    [away, /^cannot be asked/],
  ] as const) {
    const unready = await createTestService(missing);
    onTestFinished(() => unready.close());
    const answer = await unready.get("/readyz");
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ ready: false, checks: { migrations: { ok: false } } });
    expect(answer.json<{ checks: { migrations: { message: string } } }>().checks.migrations.message).toMatch(message);
    expect((await unready.get("/healthz")).statusCode).toBe(200);
  }
});

test("without its warehouse a question is answered with 503 and a time to come back", async () => {
  const away = createWarehouse({ ...warehouse.address, url: "http://127.0.0.1:1" });
  const alone = await createTestService(away);
  onTestFinished(() => alone.close().then(() => away.close()));
  alone.app.get("/v1/set", () => alone.dependencies.visibleSets.current());
  const answer = await alone.get("/v1/set");
  expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "1"]);
  expect(answer.body).not.toContain("127.0.0.1");
});

test("the metrics name requests by their route, not by their path", async () => {
  await service.get("/v1/sample/?size=7");
  const { body, headers } = await service.get("/metrics");
  expect(headers["content-type"]).toContain("text/plain; version=0.0.4");
  expect(body).toMatch(
    /^billhouse_http_request_duration_seconds_count\{method="GET",route="\/v1\/sample",status="200"\} \d+$/m,
  );
  expect(body).toMatch(/^billhouse_http_queries_running 0$/m);
  expect(body).not.toContain("size=7");
  expect(body).toContain('route="unknown",status="404"');
});

const SIGNATURE = "Zm9vYmFyYmF6cXV4c2VjcmV0";
const TOKEN = "bh_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const ACCOUNT_KEY = "bXlzZWNyZXRhY2NvdW50a2V5";

type Document = { openapi: string; paths: Record<string, Record<string, { responses: object }>> };

/** A service of its own settings. */
async function withSettings(settings: Partial<HttpSettings>): Promise<TestService> {
  const made = await createTestService(warehouse, { settings });
  onTestFinished(() => made.close());
  addSamples(made);
  return made;
}

/** Routes of each surface whose only purpose is to be asked rightly and wrongly. */
function addSamples({ app }: TestService): void {
  const Size = z.strictObject({ size: z.coerce.number({ error: "Expected a number" }).default(0) });
  for (const surface of ["/v1", "/api"]) {
    app.get(`${surface}/sample`, { schema: { querystring: Size } }, (request) => request.query);
    app.post(`${surface}/sample`, (request) => request.body);
    app.get(`${surface}/refuse`, () => Promise.reject(new InvalidRequestError("It cannot be. Ask otherwise.")));
  }
  app.get("/v1/leak", () => {
    const cause = new Error(`https://a.blob.core.windows.net/c?sv=1&sig=${SIGNATURE}; Authorization: Bearer ${TOKEN}`);
    return Promise.reject(new StorageError(`AccountKey=${ACCOUNT_KEY} was refused`, { cause }));
  });
  app.get("/v1/leak-asked", () =>
    Promise.reject(new InvalidRequestError(`AccountKey=${ACCOUNT_KEY} is wrong. Correct it.`)),
  );
}
