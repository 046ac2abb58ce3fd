import { createServer } from "node:http";
import type { Server, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import type { FastifyRequest } from "fastify";
import type { Fault, SimulatedApi } from "./faults.ts";

/** A request as an API's handler sees it. */
export type SimulatedRequest = {
  readonly method: string;
  /** As it was sent: path and query, undecoded. */
  readonly rawUrl: string;
  /** Decoded and without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
};

/** What an API answers. */
export type SimulatedAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

/** A request that came, as tests look at it. */
export type SeenRequest = {
  readonly api: SimulatedApi | null;
  readonly method: string;
  /** Path and query as they were sent; a signature in it is as recognisable as all secrets. */
  readonly url: string;
  /** Decoded and without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly wasAuthorizationSent: boolean;
  readonly userAgent: string;
  /** Milliseconds of `performance.now()` when it came. */
  readonly at: number;
  /** The status it was answered with; 0 where the connection was dropped before. */
  status: number;
};

/** What servers share: the queues of faults, what was seen, and the service's clock. */
export type SimulatedTraffic = {
  readonly faults: Map<SimulatedApi, Fault[]>;
  readonly seen: SeenRequest[];
  readonly violations: string[];
  readonly held: Set<() => void>;
  readonly now: () => Date;
};

/** A running server. */
export type SimulatedServer = { readonly url: string; readonly stop: () => Promise<void> };

type Served = { readonly api: SimulatedApi | null; readonly handle: () => SimulatedAnswer };

/** Serves an API on a loopback port of its own, by https where a certificate is given; `route` says what it answers. */
export async function startServer(
  traffic: SimulatedTraffic,
  route: (request: SimulatedRequest) => Served,
  tls?: { readonly key: string; readonly cert: string },
): Promise<SimulatedServer> {
  const app = fastify<Server>({
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    serverFactory: (handler) => (tls === undefined ? createServer(handler) : createSecureServer(tls, handler)),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  const lastAnswers = new Map<SimulatedApi, SimulatedAnswer>();

  app.all("/*", async (incoming, reply) => {
    const request = requestOf(incoming);
    const { api, handle } = route(request);
    const one = seenOf(request, api);
    traffic.seen.push(one);
    const fault: Fault = (api === null ? undefined : traffic.faults.get(api)?.shift()) ?? { kind: "none" };
    if (fault.kind === "hold") await new Promise<void>((resolve) => void traffic.held.add(resolve));
    const last = api === null ? undefined : lastAnswers.get(api);
    const answer = answerOf(fault, handle, last, request);
    if (api !== null && fault.kind !== "answer" && fault.kind !== "echo") lastAnswers.set(api, answer);
    reply.hijack(); // what is sent may be broken on purpose
    one.status = fault.kind === "drop" && fault.share === 0 ? 0 : answer.status;
    send(reply.raw, answer, fault, { method: request.method, date: traffic.now() });
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const protocol = tls === undefined ? "http" : "https";
  return {
    url: `${protocol}://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    stop: () => app.close(),
  };
}

function requestOf({ method, raw, headers, body }: FastifyRequest): SimulatedRequest {
  const rawUrl = raw.url ?? "/";
  const { pathname, searchParams } = new URL(rawUrl, "http://localhost");
  return {
    method,
    rawUrl,
    path: decodeURIComponent(pathname),
    query: searchParams,
    headers: headers as Record<string, string | undefined>,
    body: typeof body === "string" ? body : "",
  };
}

function seenOf(request: SimulatedRequest, api: SimulatedApi | null): SeenRequest {
  return {
    api,
    method: request.method,
    url: request.rawUrl,
    path: request.path,
    query: request.query,
    body: request.body,
    wasAuthorizationSent: request.headers["authorization"] !== undefined,
    userAgent: request.headers["user-agent"] ?? "",
    at: performance.now(),
    status: 0,
  };
}

function answerOf(
  fault: Fault,
  handle: () => SimulatedAnswer,
  last: SimulatedAnswer | undefined,
  request: SimulatedRequest,
): SimulatedAnswer {
  if (fault.kind === "answer") return fault;
  if (fault.kind === "echo") return echoOf(fault.status, request);
  if (fault.kind === "repeat" && last !== undefined) return last;
  const answer = handle();
  return fault.kind === "headers" ? { ...answer, headers: { ...answer.headers, ...fault.headers } } : answer;
}

function echoOf(status: number, { headers, query }: SimulatedRequest): SimulatedAnswer {
  const [, secret = query.get("sig") ?? ""] = /^\S+ (.*)$/.exec(headers["authorization"] ?? "") ?? [];
  const { length } = secret;
  const message = `Unknown ${secret}, that is '${encodeURIComponent(secret)}' in (${length}:${secret}) at x_${secret}_x`;
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "x-ms-error-code": "Unknown" },
    body: JSON.stringify({ error: { code: "Unknown", message } }),
  };
}

function send(
  response: ServerResponse,
  { status, headers = {}, body = "" }: SimulatedAnswer,
  fault: Fault,
  { method, date }: { readonly method: string; readonly date: Date },
): void {
  if (fault.kind === "drop" && fault.share === 0) return void response.destroy();
  const whole = Buffer.isBuffer(body) ? body : Buffer.from(body);
  const sent = "share" in fault ? whole.subarray(0, Math.floor(whole.length * fault.share)) : whole;
  const announced = fault.kind === "cut" ? sent.length : whole.length;
  response.writeHead(status, {
    date: date.toUTCString(),
    ...(status === 204 ? {} : { "content-length": String(announced + (fault.kind === "wrong length" ? fault.by : 0)) }),
    ...headers,
  });
  if (fault.kind !== "drop" && fault.kind !== "wrong length") {
    return void response.end(method === "HEAD" || status === 204 ? undefined : sent);
  }
  response.write(sent, () => response.destroy());
}
