import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning } from "./usage.ts";

const PREFIX = "billhouse-bench-scratch-";

/** Works with an empty directory of its own, which is gone afterwards; at the latest when the next one is made. */
export async function inScratch<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  await removeAbandoned();
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What processes left behind that were killed. */
async function removeAbandoned(): Promise<void> {
  const found = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  const abandoned = found.filter((name) => !isRunning(Number(name.slice(PREFIX.length).split("-")[0])));
  await Promise.all(abandoned.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true })));
}
