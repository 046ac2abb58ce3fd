import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ThrottledError } from "../../src/domain/errors.ts";
import { createAzureClient } from "../../src/sources/azure-client.ts";
import type { AzureClientOptions, AzureRequest } from "../../src/sources/azure-client.ts";
import { makeCertificate } from "../support/azure/certificates.ts";

type Step = (request: IncomingMessage, response: ServerResponse) => void;

describe("asking Azure's APIs", () => {
  let steps: Step[] = [];
  let seen: { authorization: string | undefined; at: number }[] = [];
  let url = "";
  const server = createServer((request, response) => {
    seen.push({ authorization: request.headers.authorization, at: performance.now() });
    (steps.shift() ?? reply(200, "{}"))(request, response);
  });

  beforeEach(async () => {
    steps = [];
    seen = [];
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/providers/x?api-version=1&sig=SECRET`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const client = (options: Partial<AzureClientOptions> = {}) =>
    createAzureClient({
      authorize: async (isRefused) => `Bearer TOKEN-SECRET-${isRefused ? 2 : 1}`,
      grant: "give the identity the role Cost Management Reader on the scope",
      signIn: "run `az login`",
      firstWaitMs: 1,
      ...options,
    });
  const ask = (options: Partial<AzureClientOptions> = {}, signal?: AbortSignal) =>
    client(options).ask({ method: "GET", url, signal });

  test("gives status, headers and the text as it came", async () => {
    steps = [reply(202, '{"cost":0.1234567890123456789012345}', { Location: "/next", "Retry-After": "20" })];
    const { status, headers, text } = await ask();
    expect({ status, location: headers["location"], text }).toEqual({
      status: 202,
      location: "/next",
      text: '{"cost":0.1234567890123456789012345}',
    });
  });

  test("an answer that is longer than a text may be is refused once, and says how to ask for less", async () => {
    steps = [reply(200, "x".repeat(2000))];
    await expect(ask({ mostBytes: 1000 })).rejects.toMatchObject({
      name: "ApiRefusalError",
      message: expect.stringMatching(
        /^GET http:.*\/x: the answer is longer than 0.001 MB: ask for it in pages; of an ea source by its api usage-report-v3$/,
      ) as string,
    });
    expect(seen).toHaveLength(1);
  });

  test("goes on after a burst of failures of the service and dropped connections", async () => {
    steps = [reply(503, ""), (request) => request.socket.destroy(), reply(500, ""), reply(406, ""), reply(200, "[]")];
    expect((await ask()).text).toBe("[]");
    expect(seen).toHaveLength(5);
  });

  test("gives up after five repetitions, with what the service said and its request id", async () => {
    steps = Array.from({ length: 6 }, () =>
      reply(500, '{"error":{"code":"Busy","message":"Come back"}}', { "x-ms-request-id": "42" }),
    );
    await expect(ask()).rejects.toMatchObject({
      name: "ApiError",
      message: expect.stringMatching(/^GET http:.*\/providers\/x: 500 \(Busy: Come back\), request id 42: /) as string,
    });
    expect(seen).toHaveLength(6);
  });

  test("waits as long as the service asks", async () => {
    steps = [reply(429, "", { "x-ms-ratelimit-microsoft.consumption-retry-after": "1", "retry-after": "0" })];
    await ask();
    expect((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test("a wait that is too long is the caller's", async () => {
    steps = [reply(429, "", { "retry-after": "3600" })];
    const failure: unknown = await ask().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ThrottledError);
    expect(failure).toMatchObject({ retryAfterSeconds: 3600 });
    expect(seen).toHaveLength(1);
  });

  test("a token that ran out is renewed once", async () => {
    steps = [reply(401, ""), reply(200, "{}")];
    await ask();
    expect(seen.map(({ authorization }) => authorization)).toEqual(["Bearer TOKEN-SECRET-1", "Bearer TOKEN-SECRET-2"]);
    steps = [reply(401, ""), reply(401, "")];
    await expect(ask()).rejects.toMatchObject({
      name: "AuthenticationError",
      message: expect.stringMatching(/az login/) as string,
    });
  });

  test("a key that cannot be renewed is shown once", async () => {
    steps = [reply(401, "")];
    await expect(ask({ authorize: async () => "bearer KEY" })).rejects.toMatchObject({ name: "AuthenticationError" });
    expect(seen).toHaveLength(1);
  });

  test.each([
    [403, "PermissionError", /give the identity the role Cost Management Reader/],
    [404, "ApiRefusalError", /no such scope/],
    [400, "ApiRefusalError", /maximum allowed date range is 1 months/],
    [302, "ApiRefusalError", /302/],
  ])("status %i is a %s, asked once", async (status, name, says) => {
    steps = [
      reply(status, '{"error":{"message":"maximum allowed date range is 1 months"}}', { location: "http://evil" }),
    ];
    await expect(ask()).rejects.toMatchObject({ name, message: expect.stringMatching(says) as string });
    expect(seen).toHaveLength(1);
  });

  test("a failure is told as it was where the quota leaves no room to repeat it", async () => {
    steps = [reply(500, '{"error":{"code":"Busy"}}', { "x-ms-request-id": "42" })];
    let places = 1;
    const pass = async () => {
      if (places-- === 0) throw new ThrottledError("the quota is used up", { retryAfterSeconds: 58 });
    };
    await expect(ask({ pass })).rejects.toMatchObject({
      name: "ApiError",
      message: expect.stringContaining("500 (Busy), request id 42") as string,
    });
    expect(seen).toHaveLength(1);
  });

  test("an answer that breaks off is asked for again, and is never a whole one", async () => {
    const breakOff: Step = (_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"value":[', () => response.destroy());
    };
    steps = [breakOff, reply(200, "[]")];
    expect((await ask()).text).toBe("[]");
    steps = Array.from({ length: 6 }, () => breakOff);
    await expect(ask()).rejects.toMatchObject({
      name: "ApiError",
      message: expect.stringMatching(/: no answer/) as string,
    });
  });

  test("a service that does not answer is given up, and what was asked can be found again", async () => {
    steps = Array.from({ length: 6 }, () => () => {});
    await expect(ask({ timeoutMs: 30 })).rejects.toMatchObject({
      name: "ApiError",
      message: expect.stringMatching(
        /no answer \(ECONNABORTED timeout of 30ms exceeded\), request id [0-9a-f-]{36}: /,
      ) as string,
    });
    expect(seen).toHaveLength(6);
  });

  test("waits twice as long each time", async () => {
    steps = [reply(500, ""), reply(500, ""), reply(500, "")];
    await ask({ firstWaitMs: 100 });
    const waits = seen.slice(1).map(({ at }, nth) => at - (seen[nth]?.at ?? 0));
    expect(waits.map((wait, nth) => wait >= 50 * 2 ** nth)).toEqual([true, true, true]);
  });

  test("how long is too long can be said", async () => {
    steps = [reply(429, "", { "retry-after": "2" })];
    await expect(ask({ longestWaitSeconds: 1 })).rejects.toMatchObject({
      name: "ThrottledError",
      retryAfterSeconds: 2,
    });
  });

  test("a service that is busy for long says when to come back", async () => {
    steps = [reply(503, "", { "retry-after": "3600" })];
    await expect(ask()).rejects.toMatchObject({ name: "ThrottledError", retryAfterSeconds: 3600 });
    expect(seen).toHaveLength(1);
  });

  test("every request passes the quota, those that are repeated too", async () => {
    const passed: AzureRequest[] = [];
    const pass: AzureClientOptions["pass"] = async (request, longest) => {
      if (passed.push(request) === 4) throw new ThrottledError(`longer than ${longest}`, { retryAfterSeconds: 60 });
    };
    steps = [reply(500, ""), reply(401, "")];
    await ask({ pass });
    expect(passed.map((request) => request.url)).toEqual([url, url, url]);
    await expect(ask({ pass, longestWaitSeconds: 7 })).rejects.toThrow(/^longer than 7$/);
    expect(seen).toHaveLength(3);
  });

  test("no failure carries a signature, a token or the request, wherever one looks", async () => {
    const body = `bad link https://blob/x?sv=1&sig=SIG-SECRET-1 and Bearer TOKEN-SECRET-1, "access_token":"TOKEN-SECRET-1"`;
    const failures: readonly (readonly Step[])[] = [
      [reply(400, body)],
      [reply(403, body)],
      [reply(401, body), reply(401, body)],
      [reply(429, body, { "retry-after": "3600" })],
      Array.from({ length: 6 }, () => reply(500, body)),
      Array.from({ length: 6 }, () => (request: IncomingMessage) => void request.socket.destroy()),
      Array.from({ length: 6 }, () => () => {}),
    ];
    for (const failing of failures) {
      steps = [...failing];
      const failure: unknown = await client({ timeoutMs: 200 })
        .ask({ method: "POST", url, body: { key: "KEY-SECRET-1" } })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      expect(inspect(failure, { depth: 12, showHidden: true }) + JSON.stringify(failure)).not.toMatch(/-SECRET/);
    }
  });

  test("a token is only sent where nobody can read it on its way", async () => {
    const authorize = () => Promise.reject(new Error("asked for a token"));
    const asked = client({ authorize }).ask({ method: "GET", url: "http://management.example.com/x?sig=SIG-SECRET-1" });
    await expect(asked).rejects.toThrow(/^http:\/\/management.example.com: credentials are only sent over https/);
  });

  test("a server whose certificate is not trusted is a matter of configuration", async () => {
    const { privateKey: key, certificate: cert } = makeCertificate("stranger");
    const secure = createSecureServer({ key, cert }, (_request, response) => void response.end("[]"));
    await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
    try {
      const place = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/`;
      await expect(client().ask({ method: "GET", url: place })).rejects.toMatchObject({
        name: "ConfigurationError",
        message: expect.stringMatching(/SELF_SIGNED_CERT.*NODE_EXTRA_CA_CERTS/) as string,
      });
    } finally {
      secure.close();
    }
  });

  test("who aborts gets their own reason, at once", async () => {
    const stop = new AbortController();
    steps = [() => stop.abort(new Error("enough"))];
    await expect(ask({}, stop.signal)).rejects.toThrow("enough");
    const waiting = new AbortController();
    steps = [
      (request, response) => {
        reply(429, "", { "retry-after": "30" })(request, response);
        response.on("finish", () => setImmediate(() => waiting.abort(new Error("enough of waiting"))));
      },
    ];
    await expect(ask({}, waiting.signal)).rejects.toThrow("enough of waiting");
  });
});

function reply(status: number, body: string, headers: Record<string, string> = {}): Step {
  return (_request, response) => void response.writeHead(status, headers).end(body);
}
