import { setTimeout as sleep } from "node:timers/promises";
import { createWarehouse } from "../clickhouse/client.ts";
import type { Warehouse } from "../clickhouse/client.ts";
import { acquireEmbedded } from "../clickhouse/embedded/process.ts";
import { isRunning } from "./usage.ts";

/** An embedded warehouse that runs. */
export type OpenWarehouse = {
  readonly warehouse: Warehouse;
  readonly pid: number;
  /** From nothing until it answered. */
  readonly openedInSeconds: number;
};

/** Opens the warehouse of a directory for some work; its process has ended afterwards. */
export async function inWarehouse<Result>(
  dataDir: string,
  work: (open: OpenWarehouse) => Promise<Result>,
): Promise<Result> {
  const started = performance.now();
  const embedded = await acquireEmbedded({ dataDir });
  const { url, username, password, pid } = embedded;
  const warehouse = createWarehouse({ url, username, password, database: "billhouse" });
  const openedInSeconds = (performance.now() - started) / 1000;
  try {
    return await work({ warehouse, pid, openedInSeconds });
  } finally {
    await warehouse.close();
    await embedded.release();
    while (isRunning(pid)) await sleep(50); // it still has its directory open
  }
}
