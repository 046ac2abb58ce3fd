import { rmSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning } from "./usage.ts";

const PREFIX = "billhouse-bench-scratch-";

/** What this process has made, and removes when it ends. */
const made: string[] = [];

/**
 * Works with an empty directory of its own, which goes when this process ends; at the latest when another one makes one.
 * Not before: where thousands of files were just removed, ext4 takes ten times as long to make one, for some minutes, and
 * what is measured next would pay for it.
 */
export async function inScratch<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  if (made.length === 0) {
    process.once("exit", removeMade);
    await removeAbandoned();
  }
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  made.push(directory);
  return work(directory);
}

function removeMade(): void {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
}

/** What processes left behind that were killed. */
async function removeAbandoned(): Promise<void> {
  const found = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  const abandoned = found.filter((name) => !isRunning(Number(name.slice(PREFIX.length).split("-")[0])));
  await Promise.all(abandoned.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true })));
}
