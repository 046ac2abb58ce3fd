import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import type { Server, ServerResponse } from "node:http";
import { join } from "node:path";
import { Engine } from "./engine.ts";
import { readLock, removeLock, writeLock, type Lock } from "./lock.ts";
import type { WarehouseOptions } from "./options.ts";
import { Pipes, removePipes } from "./pipes.ts";
import { createWarehouseServer } from "./server.ts";

/** A warehouse that is running in this process. */
export type Warehouse = {
  readonly lock: Lock;
  /** Resolves when it has ended: it was told to, or nobody holds it any more. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
};

/** Somebody who starts a warehouse takes hold of it at once, unless he died. */
const FIRST_LEASE_MILLISECONDS = 10_000;
/** One command after the other keeps the same engine. */
const LINGER_MILLISECONDS = 500;
/** Queries that do not let themselves be cancelled are given up. */
const CLOSE_MILLISECONDS = 10_000;

/** Opens the data and serves it until nobody holds it. */
export async function runWarehouse(options: WarehouseOptions): Promise<Warehouse> {
  const { dataDir, host, port, login, maxMemoryBytes } = options;
  // Opening the engine comes first: it locks the data, so from here on no other process does what follows.
  const engine = new Engine(join(dataDir, "data"), maxMemoryBytes);
  const left = await readLock(dataDir);
  if (left !== undefined) await removePipes(left.pipes);
  const pipes = await Pipes.open();
  const instance = randomUUID();
  const own = { username: "billhouse", password: randomBytes(24).toString("base64url") };
  const leases = new Leases(instance, () => void close());
  const accepted = login === undefined ? [own] : [own, login];
  const server = createWarehouseServer({ engine, pipes, accepted, lease: (response) => leases.add(response) });
  server.listen(port, host);
  await once(server, "listening");

  const url = urlOf(server, host);
  const lock: Lock = {
    instance,
    pid: process.pid,
    startedAt: new Date().toISOString(),
    url,
    ...own,
    pipes: pipes.directory,
  };
  await writeLock(dataDir, lock);
  leases.waitForFirst();

  const { promise: closed, resolve: ended } = promiseWithResolver();
  let closing: Promise<void> | undefined;
  const close = async () => {
    closing ??= (async () => {
      leases.end();
      const giveUp = setTimeout(() => {
        rmSync(pipes.directory, { recursive: true, force: true }); // nobody else will know of it
        endProcess();
      }, CLOSE_MILLISECONDS);
      await removeLock(dataDir, instance);
      server.close();
      await engine.close();
      server.closeAllConnections();
      await pipes.close();
      clearTimeout(giveUp);
      ended();
    })();
    return closing;
  };
  return { lock, closed, close };
}

/** Those who hold the warehouse, each by an open connection: it closes by itself when its owner dies. */
class Leases {
  readonly #instance: string;
  readonly #onLast: () => void;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(instance: string, onLast: () => void) {
    this.#instance = instance;
    this.#onLast = onLast;
  }

  waitForFirst(): void {
    if (this.#count === 0) this.#timer = setTimeout(this.#onLast, FIRST_LEASE_MILLISECONDS);
  }

  /** Whoever comes from now on has to look for another one. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  add(response: ServerResponse): void {
    if (this.#isOver) {
      response.destroy();
      return;
    }
    this.#count++;
    clearTimeout(this.#timer);
    response.writeHead(200, { "Content-Type": "application/x-ndjson" });
    response.write(`${JSON.stringify({ instance: this.#instance })}\n`);
    response.once("close", () => {
      if (--this.#count === 0) this.#timer = setTimeout(this.#onLast, LINGER_MILLISECONDS);
    });
  }
}

/**
 * Ends this process, whatever its threads do. `process.exit` would wait for libuv's, and one of them may sit in the
 * engine for ever.
 */
export function endProcess(): void {
  process.kill(process.pid, "SIGKILL");
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const reachable =
    host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  return `http://${reachable}:${port}`;
}

function promiseWithResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
