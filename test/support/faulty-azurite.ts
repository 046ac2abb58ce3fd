import { Agent, createServer, request as sendRequest } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Azurite } from "./azurite.ts";

/**
 * What happens to one request instead of what Azurite would do: it is refused; its connection breaks off when a share of
 * the answer (0 to 1) has been sent; or the answer is held there until it is let go.
 */
export type Fault =
  | { readonly kind: "refuse"; readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly kind: "drop"; readonly share: number }
  | { readonly kind: "hold"; readonly share: number };

/** A request to Azurite. */
export type AskedBlob = {
  /** The blob's path in its container; empty for a listing. */
  readonly path: string;
  /** How many requests for this path there were so far, this one included. */
  readonly nth: number;
};

/** A real Azurite behind a proxy that makes trouble. */
export type FaultyAzurite = {
  /** Like Azurite's own: containers follow. */
  readonly url: string;
  /** Every request so far, and when it came. */
  readonly asked: readonly (AskedBlob & { readonly at: number; readonly fault: Fault | undefined })[];
  /** The paths of the blobs of which so much was sent as was to be sent, and whose readers wait for the rest. */
  readonly held: () => string[];
  /** Sends the rest of one that is held, or of all, and holds none of them again. */
  readonly letGo: (path?: string) => void;
  readonly close: () => Promise<void>;
};

type Held = { readonly path: string; readonly goOn: () => void };

/** Starts the proxy; `faultOf` decides what happens to each request. */
export async function startFaultyAzurite(
  azurite: Azurite,
  faultOf: (asked: AskedBlob) => Fault | undefined,
): Promise<FaultyAzurite> {
  const { hostname, port, pathname } = new URL(azurite.url);
  const agent = new Agent({ keepAlive: true });
  const asked: FaultyAzurite["asked"][number][] = [];
  const held = new Set<Held>();
  const freed = new Set<string>();
  let isFree = false;

  const forward = (request: IncomingMessage, response: ServerResponse, path: string, fault: Fault | undefined) => {
    const options = { hostname, port, agent, method: request.method, path: request.url, headers: request.headers };
    const sent = sendRequest(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      send(answer, response, path, fault).catch(() => response.destroy());
    });
    sent.on("error", () => response.destroy());
    response.on("close", () => sent.destroy());
    request.pipe(sent);
  };

  const send = async (answer: IncomingMessage, response: ServerResponse, path: string, fault: Fault | undefined) => {
    const share = fault === undefined || fault.kind === "refuse" ? 1 : fault.share;
    const limit = Math.floor(Number(answer.headers["content-length"] ?? 0) * share);
    let count = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const before = chunk.subarray(0, Math.max(limit - count, 0));
      const isThere = fault !== undefined && count <= limit && count + chunk.length > limit;
      count += chunk.length;
      if (!isThere) {
        await write(response, chunk);
        continue;
      }
      await write(response, before);
      if (fault.kind === "drop") return void response.destroy();
      if (!isFree && !freed.has(path)) await hold(response, path);
      await write(response, chunk.subarray(before.length));
    }
    response.end();
  };

  const hold = (response: ServerResponse, path: string) =>
    new Promise<void>((resolve) => {
      const one: Held = {
        path,
        goOn() {
          held.delete(one);
          resolve();
        },
      };
      held.add(one);
      response.once("close", one.goOn); // its reader has gone
    });

  const server = createServer((request, response) => {
    const whole = decodeURIComponent(new URL(request.url ?? "", azurite.url).pathname);
    const path = whole
      .slice(pathname.length + 1)
      .split("/")
      .slice(1)
      .join("/"); // behind account and container
    const one = { path, nth: asked.filter((other) => other.path === path).length + 1 };
    const fault = faultOf(one);
    asked.push({ ...one, at: Date.now(), fault });
    if (fault?.kind !== "refuse") return forward(request, response, path, fault);
    const { status, retryAfterSeconds } = fault;
    response.writeHead(status, retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) });
    request.resume();
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    asked,
    held: () => [...held].map(({ path }) => path),
    letGo(path) {
      if (path === undefined) isFree = true;
      else freed.add(path);
      for (const one of held) if (path === undefined || one.path === path) one.goOn();
    },
    async close() {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function write(response: ServerResponse, chunk: Buffer): Promise<void> {
  if (response.destroyed) throw new Error("Its reader has gone");
  if (chunk.length === 0) return;
  await new Promise<void>((resolve, reject) => {
    response.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
