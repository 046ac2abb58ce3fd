import { setTimeout as sleep } from "node:timers/promises";
import { acquireEmbedded } from "../../clickhouse/embedded/process.ts";
import { readLock } from "../../clickhouse/embedded/lock.ts";

const LOOK_MS = 20;
const PATIENCE_MS = 10_000;
/** One that was there before may only have been about to end, which takes half a second. */
const SHORT_PATIENCE_MS = 2_000;

/** A hold on the warehouse of a directory. */
export type HeldWarehouse = {
  /** Lets it go, waits until its process has ended, and says whether somebody else still holds it. */
  readonly release: () => Promise<{ isRunning: boolean }>;
};

/** Keeps the warehouse of a directory up between commands. */
export async function holdWarehouse(dataDir: string, signal: AbortSignal): Promise<HeldWarehouse> {
  const before = await readLock(dataDir);
  const warehouse = await acquireEmbedded({ dataDir, signal });
  const wasRunning = before?.pid === warehouse.pid;
  const release = async () => {
    await warehouse.release();
    const { pid } = (await readLock(dataDir)) ?? warehouse; // a command starts another one when the first was killed
    const deadline = Date.now() + (wasRunning ? SHORT_PATIENCE_MS : PATIENCE_MS); // somebody else may have taken hold of it meanwhile
    while (isAlive(pid) && Date.now() < deadline) await sleep(LOOK_MS);
    return { isRunning: isAlive(pid) };
  };
  return { release };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
