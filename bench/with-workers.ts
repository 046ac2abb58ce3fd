import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { WarehouseAddress } from "../clickhouse/client.ts";
import type { OpenTemporal } from "./in-temporal.ts";

const PROGRAM = fileURLToPath(new URL("../bin/billhouse.js", import.meta.url));

/** As many parts load side by side in a worker as in an import without Temporal: what differs is orchestration alone. */
export const SLOTS = 2;

/** Works while so many processes of `billhouse worker` are there; gives their ids. */
export async function withWorkers<Result>(
  count: number,
  { env }: OpenTemporal,
  address: WarehouseAddress,
  work: (pids: readonly number[]) => Promise<Result>,
): Promise<Result> {
  const settings = {
    ...process.env,
    ...env,
    CLICKHOUSE_URL: address.url,
    CLICKHOUSE_USER: address.username,
    CLICKHOUSE_PASSWORD: address.password,
    CLICKHOUSE_DATABASE: address.database,
    BILLHOUSE_WORKER_SLOTS: `${SLOTS}`,
    LOG_LEVEL: "info", // it says so when it works
  };
  const workers = Array.from({ length: count }, () => spawnWorker(settings));
  try {
    await Promise.all(workers.map(({ started }) => started));
    return await work(workers.map(({ pid }) => pid));
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
  }
}

function spawnWorker(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [PROGRAM, "worker"], { env, stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(child, "exit");
  let log = "";
  const started = new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('"worker started"')) resolve();
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`The worker has ended by itself:\n${log}`)));
  });
  started.catch(() => undefined); // who waits for it hears of it
  return {
    pid: child.pid ?? 0,
    started,
    async end() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
