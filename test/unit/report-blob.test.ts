import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DownloadLimits } from "../../src/sources/byte-download.ts";
import { downloadReportBlob } from "../../src/sources/report-blob.ts";

type Step = (request: IncomingMessage, response: ServerResponse) => void;

const BYTES = randomBytes(300_000);
const ETAG = '"0x8DC"';
const LIMITS: DownloadLimits = { drops: 3, idleMilliseconds: 5_000, retryMilliseconds: 1 };
const NEVER = new AbortController().signal;

describe("a blob behind a link", () => {
  let steps: Step[] = [];
  let seen: IncomingMessage[] = [];
  let url = "";
  /** Which links were asked for: false the first one, true a new one. */
  let links: boolean[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    (steps.shift() ?? serve)(request, response);
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/armreports/one`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    [steps, seen, links] = [[], [], []];
  });

  const blob = (byteCount: number | null = BYTES.length) => ({
    place: "/operations/one#1",
    byteCount,
    link: async (isRefused: boolean) => {
      links.push(isRefused);
      return `${url}?sv=2020-05-31&sr=b&sig=SIG-SECRET-${links.filter(Boolean).length}`;
    },
  });
  const open = (byteCount?: number | null, { signal = NEVER, limits = LIMITS } = {}) =>
    downloadReportBlob(blob(byteCount), signal, limits);
  const read = (byteCount?: number | null) => buffer(open(byteCount));
  /** What went wrong; whatever it is, and whatever hangs on it, it never knows the signature. */
  const failure = async (byteCount?: number | null) => {
    const error: unknown = await read(byteCount).catch((thrown: unknown) => thrown);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/SIG-SECRET|sig=/);
    return error;
  };

  test("is read as it is, without a token and in one go", async () => {
    steps = [(request, response) => serve(request, response, { "content-encoding": "gzip" })];
    expect((await read()).equals(BYTES)).toBe(true);
    expect(seen.map(({ headers: { authorization, range } }) => [authorization, range])).toEqual([
      [undefined, undefined],
    ]);
    expect(seen[0]?.url).toContain("sig=SIG-SECRET-0");
  });

  test.each<[string, Step]>([
    ["nothing is known of its size", serve],
    ["nobody says its size", (_request, response) => void response.writeHead(200, { etag: ETAG }).end(BYTES)],
  ])("is read when %s", async (_name, step) => {
    steps = [step];
    expect((await read(null)).equals(BYTES)).toBe(true);
  });

  test("an empty one has no bytes", async () => {
    steps = [(_request, response) => void response.writeHead(200, { "content-length": "0" }).end()];
    expect(await read(null)).toHaveLength(0);
  });

  test("connections that are lost in mid-stream are taken up at the next byte of the same version", async () => {
    steps = [drop(100_000), drop(150_000), (_request, response) => void response.destroy()];
    expect((await read(null)).equals(BYTES)).toBe(true);
    const asked = seen.map(({ headers }) => [headers["range"], headers["if-match"], headers.authorization]);
    expect(asked[0]).toEqual([undefined, undefined, undefined]);
    expect(asked.slice(1)).toEqual(
      asked.slice(1).map(() => [expect.stringMatching(/^bytes=\d+-$/) as string, ETAG, undefined]),
    );
    expect(asked).toHaveLength(4);
  });

  test("a connection that is silent is lost", async () => {
    steps = [(request, response) => sendSome(request, response, 100_000)];
    const limits = { ...LIMITS, idleMilliseconds: 200 };
    expect((await buffer(open(undefined, { limits }))).equals(BYTES)).toBe(true);
    expect(seen).toHaveLength(2);
  });

  test("gives up when connections are lost again and again without a byte between them", async () => {
    steps = [drop(100_000), ...Array.from({ length: 9 }, (): Step => (_request, response) => void response.destroy())];
    expect(await failure()).toMatchObject({
      name: "ApiError",
      message: expect.stringMatching(
        /^\/operations\/one#1: 127\.0\.0\.1:\d+ does not answer \(ECONNRESET\): /,
      ) as string,
    });
    expect(seen).toHaveLength(1 + LIMITS.drops);
  });

  test.each<[string, Step]>([
    ["the whole blob", (_request, response) => void response.writeHead(200, { etag: ETAG }).end(BYTES)],
    [
      "other bytes",
      (_request, response) =>
        void response
          .writeHead(206, { etag: ETAG, "content-range": `bytes 0-${BYTES.length - 1}/${BYTES.length}` })
          .end(BYTES),
    ],
  ])("who answers with %s instead of the rest is not believed", async (_name, step) => {
    steps = [drop(100_000), step];
    expect(await failure()).toMatchObject({
      name: "ApiError",
      message: expect.stringContaining("not its bytes") as string,
    });
  });

  test("a blob that has changed meanwhile is not put together with what it was", async () => {
    steps = [drop(100_000), reply(412, { "x-ms-error-code": "ConditionNotMet" })];
    expect(await failure()).toMatchObject({
      name: "OverwrittenError",
      message: expect.stringContaining("412 ConditionNotMet") as string,
    });
  });

  test("without a version nothing is taken up", async () => {
    steps = [(_request, response) => sendAndDrop(response, { "content-length": String(BYTES.length) }, 100_000)];
    expect(await failure()).toMatchObject({
      name: "ApiError",
      message: expect.stringContaining("which version") as string,
    });
    expect(seen).toHaveLength(1);
  });

  test.each([BYTES.length + 1, BYTES.length - 1])(
    "%i bytes announced for one of 300000 are told before the first",
    async (byteCount) => {
      const chunks = open(byteCount);
      await expect(chunks.next()).rejects.toMatchObject({
        name: "FileError",
        message: expect.stringContaining(`has 300000 bytes, not ${byteCount} as its report says`) as string,
      });
      await failure(byteCount);
    },
  );

  test("bytes that end too early are told also where no number of them is announced", async () => {
    steps = [(_request, response) => void response.writeHead(200, { etag: ETAG }).end(BYTES.subarray(1))];
    expect(await failure()).toMatchObject({
      name: "FileError",
      message: expect.stringContaining("has 299999 bytes") as string,
    });
  });

  test.each([401, 403, 404])("a link that is answered with %i is replaced", async (status) => {
    steps = [reply(status)];
    expect((await read()).equals(BYTES)).toBe(true);
    expect(links).toEqual([false, true]);
    expect(seen[1]?.url).toContain("sig=SIG-SECRET-1");
  });

  test("a link that runs out between two bytes is replaced", async () => {
    steps = [drop(100_000), reply(403, { "x-ms-error-code": "AuthenticationFailed" })];
    expect((await read()).equals(BYTES)).toBe(true);
    expect(links).toEqual([false, false, true]);
  });

  test.each([
    [403, "ApiError", /403 AuthenticationFailed, request id 42: Azure refuses a link that it has just given/],
    [404, "OverwrittenError", /404 AuthenticationFailed, request id 42: the blob is gone/],
  ])("a fresh link that is answered with %i, too, is a %s", async (status, name, says) => {
    const refused = reply(
      status,
      { "x-ms-error-code": "AuthenticationFailed", "x-ms-request-id": "42" },
      `sig=SIG-SECRET`,
    );
    steps = [refused, refused];
    expect(await failure()).toMatchObject({ name, message: expect.stringMatching(says) as string });
    expect(seen).toHaveLength(2);
  });

  test("goes on after a burst of failures of the storage", async () => {
    steps = [reply(500), reply(429, { "retry-after": "0" }), reply(503, { "retry-after": "0" })];
    expect((await read()).equals(BYTES)).toBe(true);
  });

  test("waits as long as the storage asks", async () => {
    const began = performance.now();
    steps = [reply(503, { "retry-after": "1" })];
    await read();
    expect(performance.now() - began).toBeGreaterThanOrEqual(990);
  });

  test("a wait that is too long is the caller's", async () => {
    steps = [reply(429, { "retry-after": "3600" })];
    expect(await failure()).toMatchObject({ name: "ThrottledError", retryAfterSeconds: 3600 });
    expect(seen).toHaveLength(1);
  });

  test("is not looked for elsewhere", async () => {
    steps = [reply(302, { location: `${url}/elsewhere` })];
    expect(await failure()).toMatchObject({ name: "ApiError" });
    expect(seen).toHaveLength(1);
  });

  test("an address where nobody is does not answer", async () => {
    const link = async () => "http://127.0.0.1:1/x?sig=SIG-SECRET";
    const error: unknown = await downloadReportBlob({ ...blob(), link }, NEVER, { ...LIMITS, drops: 1 })
      .next()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ApiError", message: expect.stringContaining("ECONNREFUSED") as string });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("SIG-SECRET");
  });

  test("who aborts gets their own reason, and the connection ends", async () => {
    const stop = new AbortController();
    steps = [(request, response) => sendSome(request, response, 100_000)];
    const chunks = open(undefined, { signal: stop.signal });
    await chunks.next();
    const closed = new Promise<unknown>((resolve) => seen[0]?.socket.once("close", resolve));
    stop.abort(new Error("enough"));
    const error: unknown = await buffer(chunks).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: "enough" });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("SIG-SECRET");
    await closed;
  });

  test("who stops reading ends the connection", async () => {
    steps = [(request, response) => sendSome(request, response, 100_000)];
    const chunks = open();
    await chunks.next();
    const closed = new Promise<unknown>((resolve) => seen[0]?.socket.once("close", resolve));
    await chunks.return();
    await closed;
  });

  test("no more is fetched than a slow reader takes", async () => {
    const byteCount = 64 * 2 ** 20;
    const chunk = Buffer.alloc(2 ** 18);
    let sent = 0;
    steps = [
      (_request, response) => {
        response.writeHead(200, { etag: ETAG, "content-length": String(byteCount) });
        const write = () => {
          while (sent < byteCount) {
            sent += chunk.length;
            if (!response.write(chunk)) return void response.once("drain", write);
          }
          response.end();
        };
        write();
      },
    ];
    let received = 0;
    let most = 0;
    for await (const { length } of open(byteCount)) {
      received += length;
      most = Math.max(most, sent - received);
      await turn();
    }
    expect(received).toBe(byteCount);
    expect(most).toBeLessThan(byteCount / 2); // what the system's own buffers hold of both ends
  });
});

/** The blob as Azure's storage gives it: whole, or from a byte on. */
function serve(request: IncomingMessage, response: ServerResponse, headers: Record<string, string> = {}): void {
  const { head, body } = answerTo(request);
  response.writeHead(body.length === BYTES.length ? 200 : 206, { ...head, ...headers }).end(body);
}

/** The first bytes of the right answer, and then nothing. */
function sendSome(request: IncomingMessage, response: ServerResponse, length: number): void {
  const { head, body } = answerTo(request);
  response.writeHead(body.length === BYTES.length ? 200 : 206, head).write(body.subarray(0, length));
}

function drop(length: number): Step {
  return (request, response) => {
    const { head, body } = answerTo(request);
    response.writeHead(body.length === BYTES.length ? 200 : 206, head);
    response.write(body.subarray(0, length), () => response.destroy());
  };
}

function sendAndDrop(response: ServerResponse, head: Record<string, string>, length: number): void {
  response.writeHead(200, head).write(BYTES.subarray(0, length), () => response.destroy());
}

function answerTo({ headers }: IncomingMessage): { head: Record<string, string>; body: Buffer } {
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
  const body = BYTES.subarray(start);
  const range = start === 0 ? {} : { "content-range": `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` };
  return { head: { etag: ETAG, "content-length": String(body.length), ...range }, body };
}

function reply(status: number, headers: Record<string, string> = {}, body = ""): Step {
  return (_request, response) => void response.writeHead(status, headers).end(body);
}
