import { setTimeout as sleep } from "node:timers/promises";

/** Waits for a condition, not for a time; fails after ten seconds. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`This did not come true within 10 s: ${String(isTrue)}`);
    await sleep(10);
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
