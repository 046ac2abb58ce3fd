import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import type { Readable } from "node:stream";
import { basename, dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { InvalidRequestError, OverwrittenError, StorageError } from "../domain/errors.ts";
import { createFolderStore, storedFile } from "./folder.ts";
import { createSpoolFile } from "./spool-file.ts";
import type { SpoolFile } from "./spool-file.ts";
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

/** A stream as a file that only its owner can read; `remove` ends it, and so does the end of the process. */
export async function spool(stream: Readable, signal: AbortSignal): Promise<SpoolFile> {
  const file = await createSpoolFile("standard input");
  try {
    for await (const chunk of addAbortSignal(signal, stream) as AsyncIterable<Buffer>) await file.append(chunk);
    return file;
  } catch (error) {
    await file.remove();
    signal.throwIfAborted();
    if (error instanceof StorageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError(`standard input broke off (${reason}): give it again`, { cause: error });
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
}
