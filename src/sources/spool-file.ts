import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StorageError } from "../domain/errors.ts";

/** A temporary file for bytes that come only once. Only its owner can read it. */
export type SpoolFile = {
  readonly location: string;
  /** Writes behind what was written before. Throws StorageError when there is no room. */
  append(chunk: Buffer): Promise<void>;
  /** At most so many bytes from `start` on. */
  read(start: number, length: number): Promise<Buffer>;
  /** Ends it; the end of the process does so, too. */
  remove(): Promise<void>;
};

/** Makes one; `what` says in messages whose bytes they are. */
export async function createSpoolFile(what: string): Promise<SpoolFile> {
  const location = join(tmpdir(), `billhouse-${randomUUID()}`);
  const refused = (cause: unknown) => {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    const advice = "make room, or set TMPDIR to a larger disk";
    return new StorageError(`${location}: ${what} could not be kept there (${code}): ${advice}`, { cause });
  };
  const file = await open(location, "wx+", 0o600).catch((cause: unknown) => {
    throw refused(cause);
  });
  const forget = () => rmSync(location, { force: true });
  process.once("exit", forget);
  return {
    location,
    async append(chunk) {
      try {
        await file.appendFile(chunk);
      } catch (cause) {
        throw refused(cause);
      }
    },
    async read(start, length) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, start);
      return buffer.subarray(0, bytesRead);
    },
    async remove() {
      process.off("exit", forget);
      await file.close();
      await rm(location, { force: true });
    },
  };
}
