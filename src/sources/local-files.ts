import { createHash, randomUUID } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
import { open, realpath, rm, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { InvalidRequestError, OverwrittenError, StorageError } from "../domain/errors.ts";
import { createFolderStore, storedFile } from "./folder.ts";
import type { FileVersion, Store, StoredFile } from "./store.ts";

/** A file of this machine: how a run names it, and where it lies. */
export type LocalFile = { readonly path: string; readonly location: string };

/** The file as a listing would show it. Throws InvalidRequestError when there is none that can be read. */
export async function describeLocalFile({ path, location }: LocalFile): Promise<StoredFile> {
  const stats = await stat(location, { bigint: true }).catch((cause: unknown) => {
    throw new InvalidRequestError(`${path}: cannot be read (${codeOf(cause)}). Give the path of a file.`, { cause });
  });
  if (!stats.isFile()) throw new InvalidRequestError(`${path}: is no file. Give the path of a file.`);
  return storedFile(path, stats);
}

/** Files of this machine, wherever they lie, as the place that holds a run. */
export function createLocalStore(files: readonly LocalFile[]): Store {
  const locate = async (file: FileVersion) => {
    const found = files.find(({ path }) => path === file.path);
    if (found === undefined) throw new OverwrittenError(`${file.path}: is not among the files that were given`);
    const location = await realpath(found.location).catch((cause: unknown) => {
      throw new OverwrittenError(`${file.path}: is gone since it was looked at: import again`, { cause });
    });
    return { store: createFolderStore(dirname(location)), version: { ...file, path: basename(location) } };
  };
  return {
    place: files.map(({ path }) => path).join(", "),
    prefix: "",
    async *list() {
      for (const file of files) yield await describeLocalFile(file);
    },
    async open(file, signal) {
      const { store, version } = await locate(file);
      return store.open(version, signal);
    },
    async read(file, start, end, signal) {
      const { store, version } = await locate(file);
      return store.read(version, start, end, signal);
    },
  };
}

/** A run id made of a file's bytes: the same file has the same one, wherever it lies. */
export async function digestRunId({ location }: LocalFile, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(location, { signal }), hash);
  const text = hash.digest("hex");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20, 32)].join("-");
}

/** A stream as a file, that only its owner can read; `remove` ends it, and so does the end of the process. */
export async function spool(
  stream: Readable,
  signal: AbortSignal,
): Promise<{ location: string; remove(): Promise<void> }> {
  const location = join(tmpdir(), `billhouse-${randomUUID()}`);
  const file = await open(location, "wx", 0o600);
  const forget = () => rmSync(location, { force: true });
  process.once("exit", forget);
  const remove = async () => {
    process.off("exit", forget);
    await rm(location, { force: true });
  };
  try {
    await pipeline(stream, file.createWriteStream(), { signal });
  } catch (cause) {
    await remove();
    signal.throwIfAborted();
    throw new StorageError(
      `${location}: standard input could not be kept there (${codeOf(cause)}): make room, or set TMPDIR to a larger disk`,
      { cause },
    );
  }
  return { location, remove };
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
}
