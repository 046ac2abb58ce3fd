import { request, type IncomingMessage } from "node:http";
import { once } from "node:events";
import type { Lock } from "./lock.ts";

/** A hold on a running warehouse. */
export type Lease = {
  /** Resolves when the warehouse has gone. */
  readonly lost: Promise<void>;
  release(): Promise<void>;
};

/** A request to here holds the warehouse for as long as its connection is open. */
export const LEASE_PATH = "/billhouse/lease";

const ANSWER_MILLISECONDS = 5_000;

/** Takes hold of the warehouse that a lock file points to; undefined when it is not there any more. */
export async function lease(lock: Lock): Promise<Lease | undefined> {
  const asked = request(new URL(LEASE_PATH, lock.url), {
    agent: false,
    auth: `${lock.username}:${lock.password}`,
    timeout: ANSWER_MILLISECONDS,
  });
  asked.once("timeout", () => asked.destroy(new Error("timeout")));
  asked.end();
  try {
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    const [first] = (await once(response, "data")) as [Buffer];
    if (response.statusCode !== 200 || !first.toString().includes(lock.instance)) {
      asked.destroy();
      return undefined;
    }
    asked.setTimeout(0);
    asked.on("error", () => undefined);
    response.on("error", () => undefined);
    response.socket.unref();
    const lost = new Promise<void>((resolve) => response.once("close", resolve));
    const release = async () => {
      asked.destroy();
      await lost;
    };
    return { lost, release };
  } catch {
    return undefined;
  }
}
