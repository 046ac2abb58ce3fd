import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readPages } from "../../src/sources/api-pages.ts";
import { createAzureClient } from "../../src/sources/azure-client.ts";
import { isRecord, parseJson, requireRecords, textOf } from "../../src/sources/json-record.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe("pages of an API", () => {
  let answers: Answer[] = [];
  let asked: string[] = [];
  let origin = "";
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    (answers.shift() ?? page([]))(request, response);
  });

  beforeEach(async () => {
    answers = [];
    asked = [];
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function read(): Promise<string[]> {
    const client = createAzureClient({ authorize: async () => "Bearer x", grant: "", signIn: "", firstWaitMs: 1 });
    const costs: string[] = [];
    const pages = readPages({
      client,
      url: `${origin}/items?sig=SECRET`,
      open: ({ text, place }) => {
        const json = parseJson(text, place);
        const { value, next = null } = isRecord(json) ? json : {};
        return { items: requireRecords(value, place), next: next === null ? null : textOf(next) };
      },
    });
    for await (const { items } of pages) costs.push(items.map((item) => textOf(item["cost"])).join(" "));
    return costs;
  }
  const failure = () => read().then(String, (error: unknown) => error as Error);

  test("come in order, their links as the API wrote them", async () => {
    const link = `${origin}/items?%24skiptoken=a%3d%3D%2b+b&x=%2Fy`;
    answers = [page([1, 2], link), page([3])];
    expect(await read()).toEqual(["1 2", "3"]);
    expect(asked[1]).toBe("/items?%24skiptoken=a%3d%3D%2b+b&x=%2Fy");
  });

  test("end where there is nothing, and go on behind an empty one", async () => {
    answers = [page([1], `${origin}/2`), page([], `${origin}/3`), page([2])];
    expect(await read()).toEqual(["1", "", "2"]);
    answers = [status(204)];
    expect(await read()).toEqual([]);
  });

  test("are cut short where a later one has no content", async () => {
    answers = [page([1], `${origin}/2`), status(204), status(204), status(204)];
    expect(await failure()).toMatchObject({
      name: "ApiError",
      message: expect.stringMatching(/page 2: .*204/) as string,
    });
  });

  test("are cut short where a later one says that there is nothing at all", async () => {
    const client = createAzureClient({ authorize: async () => "", grant: "", signIn: "" });
    answers = [page([1]), page([]), page([]), page([])];
    const open = ({ url }: { url: string }) =>
      url.endsWith("/1") ? { items: [], next: `${origin}/2` } : { items: [], next: null, saysNothing: true as const };
    const pages = readPages({ client, url: `${origin}/1`, open });
    await pages.next();
    await expect(pages.next()).rejects.toThrow(/page 2: .*says that there is nothing at all/);
  });

  test("are only asked for when they are read", async () => {
    answers = [page([1], `${origin}/2`)];
    const client = createAzureClient({ authorize: async () => "", grant: "", signIn: "" });
    const pages = readPages({ client, url: `${origin}/1`, open: () => ({ items: [], next: `${origin}/2` }) });
    expect(asked).toHaveLength(0);
    await pages.next();
    expect(asked).toHaveLength(1);
    await pages.return();
    expect(asked).toHaveLength(1);
  });

  test("a byte order mark before one is no matter", async () => {
    answers = [send('\uFEFF{"value":[{"cost":1.10}]}')];
    expect(await read()).toEqual(["1.10"]);
  });

  test("one that cannot be read is asked for again", async () => {
    answers = [page([1], `${origin}/2`), send('{"value":[{"cost":'), send(""), page([2])];
    expect(await read()).toEqual(["1", "2"]);
  });

  test.each([
    ['{"value":[{"cost":1},{"cos', /page 2: the answer is not JSON \(/],
    ["<html>Bad gateway</html>", /page 2: the answer is not JSON/],
    ['{"value":7}', /page 2: the answer holds no list of items/],
    ['{"value":[{"cost":1},7]}', /page 2: the answer holds something else than an object as item 2/],
    ['{"error":{"code":"429"}}', /page 2: the answer holds no list of items/],
  ])("one that stays broken fails all: %s", async (body, says) => {
    answers = [page([1], `${origin}/2?sig=SECRET`), send(body), send(body), send(body)];
    const error = await failure();
    expect(error).toMatchObject({ name: "ApiError", message: expect.stringMatching(says) as string });
    expect(error).toMatchObject({ message: expect.stringMatching(/^GET http.*: try again/) as string });
    expect(String(error)).not.toContain("SECRET");
    expect(asked).toHaveLength(4);
  });

  test("one that the service fails to give in the end fails all", async () => {
    answers = [page([1], `${origin}/2`), ...Array.from({ length: 6 }, () => status(503))];
    expect(await failure()).toMatchObject({ name: "ApiError", message: expect.stringContaining("503") as string });
  });

  test("a link to one that was read before fails all", async () => {
    answers = [page([1], `${origin}/2`), page([2], `${origin}/3`), page([3], `${origin}/2`), page([2])];
    expect(await failure()).toMatchObject({
      name: "ApiError",
      message: expect.stringMatching(/page 3: the next page is one that was read before/) as string,
    });
    expect(asked).toHaveLength(3);
    answers = [page([1], `${origin}/items?sig=SECRET`)];
    expect(await failure()).toMatchObject({ name: "ApiError" });
  });

  test.each(["http://evil.example/2", "https://127.0.0.1/2", "/2", "nonsense"])(
    "no token follows a link to elsewhere: %s",
    async (link) => {
      answers = [page([1], link)];
      expect(await failure()).toMatchObject({
        name: "ApiError",
        message: expect.stringMatching(
          /page 1: sends to .* a token is only sent to http:\/\/127\.0\.0\.1:\d+/,
        ) as string,
      });
      expect(asked).toHaveLength(1);
    },
  );
});

function page(costs: readonly number[], next?: string): Answer {
  return send(JSON.stringify({ value: costs.map((cost) => ({ cost })), next }));
}

function send(body: string): Answer {
  return (_request, response) => void response.writeHead(200, { "content-type": "application/json" }).end(body);
}

function status(code: number): Answer {
  return (_request, response) => void response.writeHead(code).end();
}
