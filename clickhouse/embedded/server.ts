import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { hostname } from "node:os";
import { Answer } from "./answer.ts";
import { Changes, CHANGES_HEADER } from "./changes.ts";
import { requireCredentials, type Credentials } from "./credentials.ts";
import type { Engine } from "./engine.ts";
import { ClickHouseException, parseException } from "./exception.ts";
import { LEASE_PATH } from "./lease.ts";
import type { Pipes } from "./pipes.ts";
import { runQuery } from "./query.ts";
import { parseQueryRequest } from "./request.ts";

export type ServerOptions = {
  readonly engine: Engine;
  readonly pipes: Pipes;
  readonly accepted: readonly Credentials[];
  /** Takes a request that holds the warehouse for as long as its connection is open. */
  readonly lease: (response: ServerResponse) => void;
};

/** A statement may be in the URL, and a load's is long: as much as a server takes (http_max_uri_size). */
const MOST_HEADER_BYTES = 1 << 20;

/** Speaks the part of ClickHouse's HTTP interface that clients use. */
export function createWarehouseServer(options: ServerOptions): Server {
  const changes = new Changes();
  const server = createServer({ maxHeaderSize: MOST_HEADER_BYTES, keepAliveTimeout: 30_000 }, (request, response) => {
    // Loads take as long as they take.
    void answer(request, response, { ...options, changes }).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions & { readonly changes: Changes },
): Promise<void> {
  const { engine, pipes, changes } = options;
  const url = new URL(request.url ?? "/", "http://warehouse");
  const isBare = url.pathname === "/" && url.search === "" && request.method !== "POST";
  if (url.pathname === "/ping" || url.pathname === "/replicas_status" || isBare) {
    const headers = { "Content-Type": "text/html; charset=UTF-8", [CHANGES_HEADER]: changes.text() };
    response.writeHead(200, headers).end("Ok.\n");
    return;
  }
  const headers = { version: engine.version, timezone: engine.timezone, displayName: hostname() };
  let reply: Answer | undefined;
  try {
    if (!["GET", "HEAD", "POST"].includes(request.method ?? "")) {
      throw new ClickHouseException(48, "NOT_IMPLEMENTED", `There is no ${request.method} here: GET and POST only`);
    }
    requireCredentials(request, url, options.accepted);
    if (url.pathname === LEASE_PATH) return options.lease(response);
    if (url.pathname !== "/") return notFound(url, response);
    const asked = parseQueryRequest(request, url);
    reply = new Answer(request, response, { ...headers, queryId: asked.queryId }, asked.compressAnswer);
    await runQuery({ engine, pipes, changes, asked, request, response, answer: reply });
  } catch (error) {
    if (response.destroyed) return;
    const queryId = url.searchParams.get("query_id") ?? "";
    reply ??= new Answer(request, response, { ...headers, queryId }, false);
    await reply.fail(parseException(error));
  }
}

function notFound(url: URL, response: ServerResponse): void {
  response.writeHead(404, { "Content-Type": "text/plain; charset=UTF-8" });
  response.end(`There is no handle ${url.pathname}. Queries go to /, and /ping answers without one.\n`);
}
