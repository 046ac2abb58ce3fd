import { execFile } from "node:child_process";
import { constants, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ResultPipe } from "./result-pipe.ts";

const BATCH = 16;
const PREFIX = join(tmpdir(), "billhouse-pipes-");

/** Named pipes between this process and its engine; one is lent to one query at a time. */
export class Pipes {
  readonly directory: string;
  readonly #free: string[] = [];
  readonly #freeForResults: ResultPipe[] = [];
  #made = 0;

  static async open(): Promise<Pipes> {
    return new Pipes(await mkdtemp(PREFIX));
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  async take(): Promise<string> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const paths = Array.from({ length: BATCH }, () => join(this.directory, String(this.#made++)));
    await promisify(execFile)("mkfifo", ["-m", "600", ...paths]);
    this.#free.push(...paths.slice(1));
    return paths[0] ?? this.take();
  }

  /** A pipe for what the engine answers. */
  async takeForResult(): Promise<ResultPipe> {
    return this.#freeForResults.pop() ?? new ResultPipe(await this.take());
  }

  /** Gives it back; the query is over, and everything was read. */
  giveForResult(pipe: ResultPipe): void {
    this.#freeForResults.push(pipe);
  }

  /** A path of its own for a file, which the caller makes and removes. */
  file(): string {
    return join(this.directory, `file-${this.#made++}`);
  }

  /** Gives a pipe back; nobody may have it open any more. */
  give(path: string): void {
    this.#free.push(path);
  }

  async close(): Promise<void> {
    for (const pipe of this.#freeForResults.splice(0)) pipe.close();
    await removePipes(this.directory);
  }
}

/** Removes pipes that were left behind; the path comes from a file, so nothing else can be removed by it. */
export async function removePipes(directory: string): Promise<void> {
  if (directory.startsWith(PREFIX)) await rm(directory, { recursive: true, force: true });
}

/** The writing end, as soon as the engine has opened the pipe for reading; undefined when it is not going to. */
export async function writeEnd(path: string, isOver: () => boolean): Promise<Socket | undefined> {
  for (let wait = 1; !isOver(); wait = Math.min(2 * wait, 16)) {
    const fd = tryOpenWriter(path);
    if (fd !== undefined) return new Socket({ fd, readable: false, writable: true });
    await sleep(wait);
  }
  return undefined;
}

function tryOpenWriter(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENXIO") return undefined;
    throw error;
  }
}
