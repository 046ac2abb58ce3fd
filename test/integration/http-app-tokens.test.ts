import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { createToken, listTokens, revokeToken } from "../../clickhouse/tokens.ts";
import { needScope } from "../../src/http/auth.ts";
import type { Scope } from "../../src/domain/token.ts";
import { createTestService, NOW, type TestService, type TestServiceOptions } from "../support/http-service.ts";
import { startTestEngine, type TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});

afterAll(() => engine.close());

test("without a token only health, description and documentation are open", async () => {
  const { get, app } = await service();
  await app.ready();
  for (const path of [
    "/healthz",
    "/readyz",
    "/readyz/",
    "/openapi.json",
    "/docs",
    "/docs/",
    "/docs/static/index.css",
  ]) {
    expect([path, (await get(path)).statusCode]).toEqual([path, 200]);
  }
  for (const path of [
    "/v1/sample",
    "/api/sample",
    "/metrics",
    "/nothing",
    "/docsx",
    "/healthz/x",
    "//docs/",
    "/%64ocs",
  ]) {
    const answer = await get(path);
    expect([path, answer.statusCode, answer.headers["www-authenticate"]]).toEqual([
      path,
      401,
      'Bearer realm="billhouse"',
    ]);
  }
  expect((await get("/api/sample")).json()).toEqual({
    detail: "Give a token: Authorization: Token <key>, or Bearer <key>.",
  });
});

test("a key is accepted as Token and as Bearer, and only whole", async () => {
  const { get } = await service();
  const key = await aToken("whole", "read");
  for (const authorization of [`Token ${key}`, `Bearer ${key}`, `bearer ${key}`]) {
    expect((await get("/v1/sample", { authorization })).statusCode).toBe(200);
  }
  for (const authorization of [
    key,
    `Basic ${key}`,
    `Token ${key.slice(0, -1)}`,
    `Token ${key}x`,
    "Token ",
    "Bearer x",
  ]) {
    expect((await get("/v1/sample", { authorization })).statusCode).toBe(401);
  }
});

test("write includes read and admin includes both; who lacks a scope is told which", async () => {
  const { send } = await service();
  const statuses: Record<string, number[]> = {};
  for (const scope of ["read", "write", "admin"] as const) {
    const authorization = `Token ${await aToken(`of-${scope}`, scope)}`;
    const ask = async (method: "GET" | "POST" | "PUT" | "DELETE") =>
      (await send({ method, url: "/v1/sample", headers: { authorization } })).statusCode;
    statuses[scope] = [await ask("GET"), await ask("POST"), await ask("PUT"), await ask("DELETE")];
  }
  expect(statuses).toEqual({
    read: [200, 200, 403, 403],
    write: [200, 200, 200, 403],
    admin: [200, 200, 200, 200],
  });
  const authorization = `Token ${await aToken("told", "read")}`;
  expect((await send({ method: "PUT", url: "/v1/sample", headers: { authorization } })).json()).toEqual({
    error: { code: "forbidden", message: "The token has the scope read, and this needs write." },
  });
});

test("a revoked token is refused within a few seconds, also by a service that has just used it", async () => {
  const { get } = await service();
  const authorization = `Token ${await aToken("leaver", "read")}`;
  expect((await get("/v1/sample", { authorization })).statusCode).toBe(200);
  expect(await revokeToken(warehouse, "leaver")).toBe(1);
  const deadline = performance.now() + 5_000;
  while ((await get("/v1/sample", { authorization })).statusCode !== 401) {
    expect(performance.now()).toBeLessThan(deadline);
    await sleep(50);
  }
  await expect(revokeToken(warehouse, "leaver")).rejects.toThrow('There is no token "leaver" to revoke');
});

test("a token is accepted right after it was made, and not from its end on", async () => {
  const { get } = await service({ now: "2026-06-15T12:00:00.000Z" });
  const later = await service({ now: "2026-06-15T12:00:01.000Z" });
  expect((await get("/v1/sample", { authorization: "Token unknown-one" })).statusCode).toBe(401);
  const authorization = `Token ${await aToken("short", "read", new Date("2026-06-15T12:00:01.000Z"))}`;
  expect((await get("/v1/sample", { authorization })).statusCode).toBe(200);
  expect((await later.get("/v1/sample", { authorization })).statusCode).toBe(401);
});

test("of a key only its digest is kept, and its last use is written once in a while", async () => {
  const { get, close } = await service();
  const key = await aToken("kept", "read");
  const authorization = `Token ${key}`;
  await Promise.all(Array.from({ length: 20 }, () => get("/v1/sample", { authorization })));
  await close();
  const [token] = (await listTokens(warehouse, {})).filter(({ name }) => name === "kept");
  expect(token).toMatchObject({ scope: "read", usedAt: NOW, revokedAt: null, expiresAt: null });
  const uses = await warehouse.rows("SELECT used_at FROM api_token_uses WHERE token_id = {id:UUID}", { id: token?.id });
  expect(uses).toHaveLength(1);
  const everything = JSON.stringify(await warehouse.rows("SELECT *, hex(key_sha256) FROM api_tokens"));
  expect(everything).not.toContain(key);
  expect(key).toMatch(/^bh_[\w-]{43}$/);
});

test("two accepted tokens cannot have one name; after the first was revoked it can be used again", async () => {
  await aToken("twice", "read");
  await expect(aToken("twice", "admin")).rejects.toThrow("There is a token twice already. Revoke it first");
  await revokeToken(warehouse, "twice");
  await aToken("twice", "write");
  const states = (await listTokens(warehouse, {})).filter(({ name }) => name === "twice");
  expect(states.map(({ scope, revokedAt }) => [scope, revokedAt !== null])).toEqual([
    ["read", true],
    ["write", false],
  ]);
  await expect(aToken("no good name", "read")).rejects.toThrow("cannot be a token's name");
});

test("with authentication off nobody is asked", async () => {
  const { get, send } = await service({ settings: { isAuthDisabled: true } });
  expect((await get("/metrics")).statusCode).toBe(200);
  expect((await send({ method: "DELETE", url: "/v1/sample" })).statusCode).toBe(200);
});

test("each token has a rate of its own", async () => {
  const { get } = await service({ settings: { isAuthDisabled: false, rateLimit: 1 } });
  const statuses = [];
  for (const name of ["first", "second"]) {
    const authorization = `Token ${await aToken(`rate-${name}`, "read")}`;
    for (let count = 0; count < 2; count++) statuses.push((await get("/v1/sample", { authorization })).statusCode);
  }
  expect(statuses).toEqual([200, 429, 200, 429]);
});

function aToken(name: string, scope: Scope, expiresAt: Date | null = null): Promise<string> {
  return createToken(warehouse, { name, scope, expiresAt });
}

/** A service that asks for tokens, with a route for each scope. */
async function service(options: TestServiceOptions = {}): Promise<TestService> {
  const made = await createTestService(warehouse, { settings: { isAuthDisabled: false }, ...options });
  onTestFinished(() => made.close());
  made.app.get("/v1/sample", () => ({ ok: true }));
  made.app.post("/v1/sample", { config: needScope("read") }, () => ({ ok: true }));
  made.app.put("/v1/sample", () => ({ ok: true }));
  made.app.delete("/v1/sample", { config: needScope("admin") }, () => ({ ok: true }));
  return made;
}
