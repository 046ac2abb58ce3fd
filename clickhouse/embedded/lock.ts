import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";

const LockFile = z.object({
  /** Which process it is: a process id can be somebody else's by now, this cannot. */
  instance: z.string(),
  pid: z.int(),
  startedAt: z.string(),
  url: z.url(),
  username: z.string(),
  password: z.string(),
  /** Where its named pipes are, for the next one to tidy up if this one was killed. */
  pipes: z.string(),
});

/**
 * Where the warehouse of a directory answers. It is only an address: what keeps a second engine away is the operating
 * system's lock that the engine itself takes on the data, and only the engine's holder writes this file.
 */
export type Lock = z.infer<typeof LockFile>;

export function lockPath(dataDir: string): string {
  return join(dataDir, "warehouse.lock");
}

/** The lock file of a directory, or undefined when there is none that can be read. */
export async function readLock(dataDir: string): Promise<Lock | undefined> {
  try {
    return LockFile.parse(JSON.parse(await readFile(lockPath(dataDir), "utf8")));
  } catch {
    return undefined;
  }
}

/** Puts the lock file in its place at once, readable by its owner only. */
export async function writeLock(dataDir: string, lock: Lock): Promise<void> {
  const temporary = `${lockPath(dataDir)}.${randomUUID()}`;
  await writeFile(temporary, `${JSON.stringify(lock, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, lockPath(dataDir));
}

/** Takes the lock file away, if it is still this one's. */
export async function removeLock(dataDir: string, instance: string): Promise<void> {
  if ((await readLock(dataDir))?.instance === instance) await rm(lockPath(dataDir), { force: true });
}
