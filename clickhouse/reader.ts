import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { EXCEPTION_TAG_HEADER_NAME, parseError } from "@clickhouse/client";
import type { Answer, AnswerRequest, WarehouseAddress } from "./client.ts";
import { parameterText } from "./parameter-text.ts";

/**
 * SELECTs over plain HTTP requests. `@clickhouse/client` takes 3 ms for a request, of which it waits for one timer and
 * sends and reads through several streams; the same request takes less than half a millisecond by itself.
 * What it throws is what the client would throw.
 */
export type Reader = {
  /** The answer as soon as its headers are there. */
  open(sql: string, format: string, request: AnswerRequest): Promise<Answer>;
  /** A header of the answer to `/ping`, which needs no query; undefined where it has none. */
  ping(header: string): Promise<string | undefined>;
  /** The whole answer. */
  read(sql: string, format: string, request: AnswerRequest): Promise<Buffer>;
  close(): void;
};

const MOST_CONNECTIONS = 32;
const IDLE_MS = 2_000; // less than any server waits before it closes the connection

/** Connects lazily. `settings` go with every request. */
export function createReader(address: WarehouseAddress, settings: Readonly<Record<string, unknown>> = {}): Reader {
  const { protocol } = new URL(address.url);
  const { Agent, request: send } = protocol === "https:" ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS, timeout: IDLE_MS });
  const authorization = `Basic ${Buffer.from(`${address.username}:${address.password}`).toString("base64")}`;

  async function ask(sql: string, format: string, wanted: AnswerRequest): Promise<IncomingMessage> {
    const url = urlOf(address, format, { ...settings, ...wanted.settings }, wanted);
    const body = Buffer.from(sql);
    const headers = {
      Authorization: authorization,
      "User-Agent": "billhouse",
      "Content-Length": body.length,
      ...(wanted.encoding === undefined ? {} : { "Accept-Encoding": wanted.encoding }),
    };
    for (;;) {
      wanted.signal?.throwIfAborted();
      const asked = send(url, {
        method: "POST",
        agent,
        headers,
        ...(wanted.signal === undefined ? {} : { signal: wanted.signal }),
      });
      asked.on("error", () => undefined); // told by once() before the answer, and by the answer itself after it
      try {
        asked.end(body);
        const [response] = (await once(asked, "response")) as [IncomingMessage];
        return response;
      } catch (error) {
        // The server closed an idle connection at the moment at which it was taken again: a SELECT can be repeated.
        const isStale = asked.reusedSocket && error instanceof Error && "code" in error && error.code === "ECONNRESET";
        if (!isStale) throw error;
      }
    }
  }

  async function answered(sql: string, format: string, wanted: AnswerRequest): Promise<IncomingMessage> {
    const response = await ask(sql, format, wanted);
    if (response.statusCode === 200 && response.headers["x-clickhouse-exception-code"] === undefined) return response;
    const isPacked = response.headers["content-encoding"] === "gzip";
    // A body that breaks off has to end what unpacks it, too.
    const body = isPacked ? pipeline(response, createGunzip(), () => undefined) : response;
    const text = (await buffer(body)).toString();
    throw parseError(text === "" ? `HTTP status ${response.statusCode}` : text);
  }

  return {
    async ping(header) {
      const asked = send(new URL("/ping", address.url), { agent });
      asked.on("error", () => undefined); // told by once() before the answer; behind it nothing is read
      asked.end();
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      response.on("error", () => undefined).resume();
      const value = response.headers[header];
      return typeof value === "string" ? value : undefined;
    },
    async open(sql, format, wanted) {
      const response = await answered(sql, format, wanted);
      const { "content-type": contentType = "application/octet-stream", "content-encoding": encoding } =
        response.headers;
      return { stream: response, contentType, encoding };
    },
    async read(sql, format, wanted) {
      const response = await answered(sql, format, { ...wanted, isWhole: true });
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of response) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
      } catch (error) {
        throw lateError(Buffer.concat(chunks), response) ?? error;
      }
      return Buffer.concat(chunks);
    },
    close: () => agent.destroy(),
  };
}

function urlOf(
  address: WarehouseAddress,
  format: string,
  settings: Readonly<Record<string, unknown>>,
  { parameters = {}, queryId, encoding, isWhole = false }: AnswerRequest,
): URL {
  const url = new URL(address.url);
  const fields = new URLSearchParams({ database: address.database, default_format: format });
  if (queryId !== undefined) fields.set("query_id", queryId);
  if (encoding !== undefined) fields.set("enable_http_compression", "1");
  if (isWhole) fields.set("wait_end_of_query", "1");
  for (const [name, value] of Object.entries(settings)) fields.set(name, String(value));
  for (const [name, value] of Object.entries(parameters)) fields.set(`param_${name}`, parameterText(value));
  url.search = fields.toString();
  return url;
}

/** What went wrong in the middle of an answer: the server says so behind the data, then breaks off. */
function lateError(received: Buffer, { headers }: IncomingMessage): Error | undefined {
  const tag = headers[EXCEPTION_TAG_HEADER_NAME];
  if (typeof tag !== "string") return undefined;
  const text = received.toString();
  const start = text.lastIndexOf(`__exception__\r\n${tag}\r\n`);
  const end = text.lastIndexOf(`\n`, text.lastIndexOf(` ${tag}\r\n`));
  if (start < 0 || end < start) return undefined;
  return parseError(text.slice(start + `__exception__\r\n${tag}\r\n`.length, end));
}
