import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { formatBytes } from "../src/commands/format.ts";

/** Something that takes long to make, and is the same the next time. */
export type Kept<Facts> = {
  readonly name: string;
  /** What it is made of: files and folders, as paths from this folder. Another text makes another one. */
  readonly madeOf: readonly string[];
  readonly facts: z.ZodType<Facts>;
  /** About how much room it takes. */
  readonly byteCount: number;
  /** Makes it in a directory that is empty; what it gives is kept beside it. */
  readonly make: (directory: string) => Promise<Facts>;
};

/** What is kept, and where it is. */
export type Provided<Facts> = { readonly directory: string; readonly facts: Facts; readonly isFromCache: boolean };

const CACHE = join(tmpdir(), "billhouse-bench");
const FACTS = ".facts.json"; // written last; the folder store does not see files whose name begins with a dot

/** Takes what was made at an earlier time, or makes it now; then those of the same name that are out of date go. */
export async function provide<Facts>({ name, madeOf, facts, byteCount, make }: Kept<Facts>): Promise<Provided<Facts>> {
  const directory = join(CACHE, `${name}-${await digestOf(madeOf)}`);
  const kept = await readFile(join(directory, FACTS), "utf8").catch(() => undefined);
  if (kept !== undefined) return { directory, facts: facts.parse(JSON.parse(kept)), isFromCache: true };
  await removeVersions(name);
  await mkdir(directory, { recursive: true });
  await requireRoom(name, byteCount);
  const made = await make(directory);
  await writeFile(join(directory, ".unfinished"), JSON.stringify(made));
  await rename(join(directory, ".unfinished"), join(directory, FACTS));
  return { directory, facts: made, isFromCache: false };
}

async function removeVersions(name: string): Promise<void> {
  const entries = await readdir(CACHE).catch(() => []);
  const old = entries.filter(
    (entry) => entry.startsWith(`${name}-`) && /^[0-9a-f]{8}$/.test(entry.slice(name.length + 1)),
  );
  await Promise.all(old.map((entry) => rm(join(CACHE, entry), { recursive: true, force: true })));
}

async function requireRoom(name: string, byteCount: number): Promise<void> {
  const { bavail, bsize } = await statfs(CACHE);
  if (bavail * bsize > byteCount * 1.2) return;
  throw new Error(
    `${CACHE}: ${name} needs about ${formatBytes(byteCount)}, and ${formatBytes(bavail * bsize)} are free. ` +
      "Make room there (everything in that folder can go), or set TMPDIR.",
  );
}

/** Over the text of files, and of the files in folders. */
async function digestOf(paths: readonly string[]): Promise<string> {
  const digest = createHash("sha256");
  for (const path of paths) {
    const file = fileURLToPath(new URL(path, import.meta.url));
    const isFolder = (await stat(file)).isDirectory();
    const names = isFolder ? (await readdir(file)).filter((name) => /[.](ts|sql)$/.test(name)).toSorted() : [""];
    for (const name of names) digest.update(await readFile(join(file, name)));
  }
  return digest.digest("hex").slice(0, 8);
}
