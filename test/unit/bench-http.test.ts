import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { download } from "../../bench/download.ts";
import { requireAnswers, sendRequests } from "../../bench/http-traffic.ts";
import type { OpenService } from "../../bench/with-service.ts";

test("requests go out in turn with what they carry, and every answer is timed and counted by its status", async () => {
  const asked: string[] = [];
  const traffic = await withServer(
    ({ url, headers }, response) => {
      asked.push(`${url} ${headers.authorization} ${headers["if-none-match"]}`);
      response.writeHead(headers["if-none-match"] === undefined ? 200 : 304).end();
    },
    (service) =>
      sendRequests(service, {
        requests: [{ path: "/one" }, { path: "/two", headers: { "if-none-match": '"x"' } }],
        amount: 5,
      }),
  );
  expect(asked.slice(0, 3)).toEqual(["/one Bearer key undefined", '/two Bearer key "x"', "/one Bearer key undefined"]);
  expect(traffic).toMatchObject({ count: 5, statuses: { 200: 3, 304: 2 }, failures: 0 });
  expect(traffic.p50).toBeGreaterThan(0);
  expect(traffic.p99).toBeGreaterThanOrEqual(traffic.p50);
});

test("a steady rate is kept, and the connections begin at different requests", async () => {
  const first = new Map<unknown, string>();
  const traffic = await withServer(
    ({ url = "", socket }, response) => {
      if (!first.has(socket)) first.set(socket, url);
      response.end();
    },
    (service) =>
      sendRequests(service, {
        requests: ["/a", "/b", "/c", "/d"].map((path) => ({ path })),
        seconds: 2,
        perSecond: 20,
        connections: 4,
      }),
  );
  expect(new Set(first.values())).toEqual(new Set(["/a", "/b", "/c", "/d"]));
  expect(traffic.perSecond).toBeLessThan(40); // the first second begins with a few at once
});

test("an answer of another status fails the measurement, and says which", async () => {
  const traffic = await withServer(
    (_request, response) => response.writeHead(503).end(),
    (service) => sendRequests(service, { requests: [{ path: "/" }], amount: 2 }),
  );
  expect(() => requireAnswers("summaries", traffic, ["200"])).toThrow(
    'summaries: expected nothing but 200, got {"503":2} and 0 failures',
  );
});

test("a download counts bytes and lines, and one that breaks off is none", async () => {
  const text = "a\nü\n".repeat(50_000);
  const whole = await withServer(
    (_request, response) => response.end(text),
    (service) => download(service, "/", "text/csv"),
  );
  expect(whole).toMatchObject({ bytes: 250_000, lines: 100_000 });
  const broken = withServer(
    (_request, response) => response.write("a\n", () => response.destroy()),
    (service) => download(service, "/", "text/csv"),
  );
  await expect(broken).rejects.toThrow("aborted");
});

async function withServer<Result>(
  answer: RequestListener,
  work: (service: OpenService) => Promise<Result>,
): Promise<Result> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return await work({ url: `http://127.0.0.1:${port}`, pid: process.pid, headers: { authorization: "Bearer key" } });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
