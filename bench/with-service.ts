import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createToken, listTokens, revokeToken } from "../clickhouse/tokens.ts";
import type { Warehouse } from "../clickhouse/client.ts";
import { stateOf } from "../src/domain/token.ts";
import { freePort } from "../tools/temporal/free-port.ts";
import { readUsage } from "./usage.ts";

/** The HTTP service in a process of its own. */
export type OpenService = {
  readonly url: string;
  readonly pid: number;
  /** What requests have to carry. */
  readonly headers: Readonly<Record<string, string>>;
};

/** The most that a process needed while something was done. */
export type Memory = { readonly residentBytes: number; readonly heapBytes: number };

const PROGRAM = fileURLToPath(new URL("../bin/billhouse.js", import.meta.url));
const TOKEN = "bench";
const SAMPLE_MS = 200;

/** Works while `billhouse serve` answers from a warehouse, with a token that may read. */
export async function withService<Result>(
  warehouse: Warehouse,
  work: (service: OpenService) => Promise<Result>,
): Promise<Result> {
  const { url, username, password, database } = warehouse.address;
  const headers = {
    authorization: `Bearer ${await renewToken(warehouse)}`,
    accept: "application/json", // an ETag is of one form of an answer
    "accept-encoding": "identity",
  };
  const env = {
    ...process.env,
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: username,
    CLICKHOUSE_PASSWORD: password,
    CLICKHOUSE_DATABASE: database,
  };
  const port = await freePort();
  const child = spawn(PROGRAM, ["serve", "--port", String(port)], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  let said = "";
  const started = new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("answers at")) resolve();
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`The service has ended by itself:\n${said}`)));
  });
  try {
    await started;
    return await work({ url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, headers });
  } finally {
    child.kill("SIGTERM");
    await exited;
    await revokeToken(warehouse, TOKEN);
  }
}

/** Does something and tells what the service needed meanwhile: the resident size as the kernel saw it, the heap by samples. */
export async function withMemoryOf<Result>(
  { url, pid, headers }: OpenService,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly memory: Memory }> {
  writeFileSync(`/proc/${pid}/clear_refs`, "5"); // the peak begins anew
  let heapBytes = 0;
  const done = new AbortController();
  const sampled = (async () => {
    while (!done.signal.aborted) {
      const metrics = await (await fetch(`${url}/metrics`, { headers })).text();
      heapBytes = Math.max(heapBytes, Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(metrics)?.[1]));
      await sleep(SAMPLE_MS, undefined, { signal: done.signal }).catch(() => undefined);
    }
  })();
  try {
    const result = await work();
    return { result, memory: { residentBytes: readUsage(pid).peakBytes, heapBytes } };
  } finally {
    done.abort();
    await sampled;
  }
}

async function renewToken(warehouse: Warehouse): Promise<string> {
  const tokens = await listTokens(warehouse, {});
  if (tokens.some((token) => token.name === TOKEN && stateOf(token, new Date()) === "active")) {
    await revokeToken(warehouse, TOKEN); // of a run that was killed
  }
  return createToken(warehouse, { name: TOKEN, scope: "read", expiresAt: null });
}
