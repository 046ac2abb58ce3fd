import { expect, test } from "vitest";
import { readApiConfig } from "../../src/api-config.ts";
import { createAnswerCache } from "../../src/http/answer-cache.ts";
import { createPlaces } from "../../src/http/places.ts";
import { requestIdOf } from "../../src/http/request-id.ts";
import { scrub } from "../../src/http/scrub.ts";
import { HTTP_DEFAULTS } from "../../src/http/settings.ts";
import { isOpen, surfaceOf } from "../../src/http/surface.ts";
import { createTraffic } from "../../src/http/traffic.ts";
import { includesScope, stateOf } from "../../src/domain/token.ts";
import type { Token } from "../../src/domain/token.ts";

test.each([
  ["/api/", "api"],
  ["/api", "api"],
  ["/api?x=1", "api"],
  ["/apiary", "v1"],
  ["/v1/api/", "v1"],
])("%s belongs to the surface %s", (url, surface) => {
  expect(surfaceOf(url)).toBe(surface);
});

test.each(["/healthz", "/readyz/", "/readyz?verbose", "/openapi.json", "/docs", "/docs/", "/docs/static/a.css?v=1"])(
  "%s is open",
  (url) => expect(isOpen(url)).toBe(true),
);

test.each(["/", "/metrics", "/v1/costs", "/healthz/x", "/docsx", "/v1/docs/", "/api/healthz", "/openapi.jsonx"])(
  "%s is not open",
  (url) => expect(isOpen(url)).toBe(false),
);

test.each([
  ["https://a.blob.core.windows.net/c?sv=1&sig=Zm9v%2Bb%3D&se=2", "https://a.blob.core.windows.net/c?sv=1&sig=…&se=2"],
  ["/v1/x?u=https%3A%2F%2Fa%3Fsig%3DZm9v", "/v1/x?u=https%3A%2F%2Fa%3Fsig%3D…"],
  ["AccountName=a;AccountKey=Zm9vYmFy==;EndpointSuffix=x", "AccountName=a;AccountKey=…;EndpointSuffix=x"],
  ["authorization: Bearer eyJhbGciOi.J9-_x", "authorization: Bearer …"],
  ["Token bh_0123456789abcdefghij was used", "Token … was used"],
  ["http://default:geheim@127.0.0.1:8123/", "http://default:…@127.0.0.1:8123/"],
  ['{"password":"x"} password=geheim', '{"password":"…"} password=…'],
  ["the resource group token-service has 12 meters", "the resource group token-service has 12 meters"],
])("of %s nothing secret is left", (text, scrubbed) => {
  expect(scrub(text)).toBe(scrubbed);
});

test("a request id of the caller is taken only where it is one word", () => {
  expect(requestIdOf({ headers: { "x-request-id": "4bf92f35-a:1/b" } })).toBe("4bf92f35-a:1/b");
  for (const id of ["", "two words", 'quo"te', "line\nbreak", "x".repeat(129)]) {
    expect(requestIdOf({ headers: { "x-request-id": id } })).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("scopes include those before them", () => {
  const scopes = ["read", "write", "admin"] as const;
  const table = scopes.map((has) => scopes.map((needed) => includesScope(has, needed)));
  expect(table).toEqual([
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
});

test("a token is active until the instant of its end, and never again once it was revoked", () => {
  const token: Token = {
    id: "1",
    name: "a",
    scope: "read",
    createdAt: "2026-01-01T00:00:00.000000Z",
    expiresAt: "2026-06-01T00:00:00.000000Z",
    revokedAt: null,
    usedAt: null,
  };
  expect(stateOf(token, new Date("2026-05-31T23:59:59.999Z"))).toBe("active");
  expect(stateOf(token, new Date("2026-06-01T00:00:00.000Z"))).toBe("expired");
  expect(stateOf({ ...token, expiresAt: null }, new Date("2099-01-01"))).toBe("active");
  expect(stateOf({ ...token, revokedAt: "2026-02-01T00:00:00.000000Z" }, new Date("2026-01-15"))).toBe("revoked");
});

test("places are given in the order in which they were asked for, and each only once", async () => {
  const places = createPlaces(1, 2);
  const { signal } = new AbortController();
  const free = await places.take(signal);
  const order: string[] = [];
  const second = places.take(signal).then((give) => (order.push("second"), give));
  const third = places.take(signal).then((give) => (order.push("third"), give));
  await expect(places.take(signal)).rejects.toMatchObject({ status: 503, headers: { "retry-after": "2" } });
  expect(places.counts()).toEqual({ taken: 1, waiting: 2 });
  free();
  free(); // twice does no harm
  const freeSecond = await second;
  expect(places.counts()).toEqual({ taken: 1, waiting: 1 });
  freeSecond();
  (await third)();
  expect([order, places.counts()]).toEqual([["second", "third"], { taken: 0, waiting: 0 }]);
});

test("who leaves the line is not given a place", async () => {
  const places = createPlaces(1, 2);
  const leaver = new AbortController();
  const free = await places.take(new AbortController().signal);
  const left = places.take(leaver.signal);
  leaver.abort();
  await expect(left).rejects.toThrow("aborted");
  free();
  expect(places.counts()).toEqual({ taken: 0, waiting: 0 });
  await expect(places.take(leaver.signal)).rejects.toThrow("aborted");
});

test("an answer that would fill much of the memory is not kept", () => {
  const cache = createAnswerCache(10_000);
  const answer = (size: number) => ({ body: Buffer.alloc(size), contentType: "", headers: {} });
  cache.set("large", answer(5_000));
  cache.set("small", answer(500));
  expect([cache.get("large"), cache.get("small")?.body.length]).toEqual([undefined, 500]);
  cache.set("small", answer(600)); // replaces the other
  expect(cache.byteCount()).toBe(600 + 2 * "small".length + 512);
});

test("a service that stops waits for what is under way and refuses the rest, but says how it is", async () => {
  const traffic = createTraffic();
  const end = traffic.begin("/v1/costs");
  let isDrained = false;
  const drained = traffic.drain().then(() => (isDrained = true));
  expect(() => traffic.begin("/v1/costs")).toThrow("The service is stopping");
  traffic.begin("/readyz")();
  await Promise.resolve();
  expect([isDrained, traffic.isStopping(), traffic.count()]).toEqual([false, true, 1]);
  end();
  await drained;
  expect(traffic.count()).toBe(0);
});

test("what the environment says of the service reaches its settings", () => {
  expect(readApiConfig({})).toEqual({ host: "127.0.0.1", port: 8080, drainMs: 20_000, settings: HTTP_DEFAULTS });
  const said = {
    BILLHOUSE_API_HOST: "0.0.0.0",
    BILLHOUSE_API_PORT: "0",
    BILLHOUSE_API_CORS_ORIGINS: "https://a.example, https://b.example",
    BILLHOUSE_API_RATE_LIMIT: "600",
    BILLHOUSE_API_QUERIES: "2",
    BILLHOUSE_API_QUEUE: "0",
    BILLHOUSE_API_QUERY_SECONDS: "5",
    BILLHOUSE_API_STREAM_SECONDS: "60",
    BILLHOUSE_API_CACHE_MIB: "1",
    BILLHOUSE_API_DRAIN_SECONDS: "0",
    API_AUTH_DISABLED: "true",
  };
  expect(readApiConfig(said)).toEqual({
    host: "0.0.0.0",
    port: 0,
    drainMs: 0,
    settings: {
      ...HTTP_DEFAULTS,
      corsOrigins: ["https://a.example", "https://b.example"],
      rateLimit: 600,
      maxQueries: 2,
      maxQueued: 0,
      queryTimeoutMs: 5_000,
      streamTimeoutMs: 60_000,
      stallTimeoutMs: 25_000,
      cacheBytes: 1 << 20,
      isAuthDisabled: true,
    },
  });
});
