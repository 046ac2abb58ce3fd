import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { fastify } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { answerFailures } from "../../src/http/failures.ts";
import { limitBodies, READS_BODY } from "../../src/http/request-bodies.ts";

test("a body that is not sent in time is answered so, and its connection closed", async () => {
  const { port } = await listen(200);
  const answer = await sendTooLittle(port);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain('"code":"timeout"');
});

test("a route that reads bodies itself may take longer", async () => {
  const { port } = await listen(50);
  const sending = request({ port, path: "/own", method: "POST", headers: { "content-type": "text/csv" } });
  sending.flushHeaders();
  expect(await sendTooLittle(port)).toContain("408"); // so that its time is over, too
  sending.write("1");
  const [answer] = (await once(sending, "response")) as [NodeJS.ReadableStream & { statusCode: number }];
  expect([answer.statusCode, await text(answer)]).toEqual([200, "read 1"]);
  sending.destroy();
});

test.each(["/own", "/whole"])("who waits to be asked for a body is asked when it is wanted: %s", async (path) => {
  const { port } = await listen(5_000);
  const headers = { "content-type": path === "/own" ? "text/csv" : "application/json", expect: "100-continue" };
  const sending = request({ port, path, method: "POST", headers });
  sending.flushHeaders();
  await once(sending, "continue");
  sending.end("1");
  const [answer] = (await once(sending, "response")) as [NodeJS.ReadableStream & { statusCode: number }];
  expect([answer.statusCode, await text(answer)]).toEqual([200, "read 1"]);
});

test("who is refused before is never asked", async () => {
  const { port } = await listen(5_000);
  const headers = { "content-type": "application/json", expect: "100-continue", "x-refuse": "1" };
  const sending = request({ port, path: "/whole", method: "POST", headers });
  let isAsked = false;
  sending.on("continue", () => (isAsked = true)).flushHeaders();
  const [answer] = (await once(sending, "response")) as [NodeJS.ReadableStream & { statusCode: number }];
  expect([answer.statusCode, isAsked]).toEqual([403, false]);
  sending.destroy();
});

/** Sends the beginning of a body and nothing more; gives all that is heard until the connection is closed. */
async function sendTooLittle(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write("POST /whole HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
  return text(socket);
}

/** Two routes: one whose body fastify reads, and one that reads it itself. */
async function listen(limitMs: number): Promise<{ port: number }> {
  const app = fastify();
  answerFailures(app);
  limitBodies(app, limitMs);
  app.addHook("onRequest", async ({ headers }) => {
    if (headers["x-refuse"] !== undefined) throw Object.assign(new Error("no"), { statusCode: 403, code: "FST_NO" });
  });
  app.post("/whole", async ({ body }) => `read ${JSON.stringify(body)}`);
  await app.register(async (own) => {
    own.removeAllContentTypeParsers();
    own.addContentTypeParser("text/csv", async () => null);
    own.post("/own", { config: READS_BODY }, async (asked, reply) => {
      if (asked.headers.expect !== undefined) reply.raw.writeContinue();
      const [chunk] = (await once(asked.raw, "data")) as [Buffer];
      return `read ${chunk.toString()}`;
    });
  });
  const sockets = new Set<Socket>();
  app.server.on("connection", (socket) => sockets.add(socket));
  await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await app.close();
  });
  return { port: (app.server.address() as AddressInfo).port };
}
