import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { lstat, open, readdir, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { BillhouseError, ConfigurationError, FileError, OverwrittenError, StorageError } from "../domain/errors.ts";
import { byteStream } from "./byte-stream.ts";
import type { FileVersion, Store, StoredFile } from "./store.ts";

const CHUNK_BYTES = 256 * 1024;

/**
 * A local directory with the layout of a container. Files and folders whose name begins with a dot are not seen, and
 * neither are symbolic links: what they point at lies outside, or is listed where it lies.
 */
export function createFolderStore(path: string): Store {
  const root = resolve(path);
  return {
    place: root,
    prefix: "",
    list: (signal) => listFolder(root, signal),
    async open(file, signal) {
      const stop = new AbortController();
      return byteStream(readVersion(root, file, stop.signal), stop, signal);
    },
    read: (file, start, end, signal) => readRange(root, file, { start, end }, signal),
  };
}

/** A local file as a listing shows it, under a path of the caller's choice. */
export function storedFile(path: string, stats: BigIntStats): StoredFile {
  return { path, byteCount: Number(stats.size), etag: etagOf(stats), modifiedAt: stats.mtime.toISOString() };
}

async function* listFolder(root: string, signal: AbortSignal | undefined): AsyncGenerator<StoredFile> {
  const isFolder = await stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new ConfigurationError(`${root}: no such folder: correct the source's path, or create it`);
  yield* listBelow(root, root, signal);
}

async function* listBelow(root: string, folder: string, signal: AbortSignal | undefined): AsyncGenerator<StoredFile> {
  signal?.throwIfAborted();
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => refused(folder, cause));
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* listBelow(root, path, signal);
    if (!entry.isFile()) continue;
    const stats = await lstat(path, { bigint: true }).catch(() => null);
    if (stats === null) continue; // deleted since its folder was read
    yield storedFile(relative(root, path).split(sep).join("/"), stats);
  }
}

async function* readVersion(root: string, file: FileVersion, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const path = pathBelow(root, file);
  const handle = await open(path).catch((cause: unknown) => refused(path, cause));
  try {
    await requireVersion(handle, path, file);
    let byteCount = 0;
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES));
      if (bytesRead === 0) break;
      byteCount += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
    await requireVersion(handle, path, file);
    if (byteCount !== file.byteCount) throw wrongSize(path, file.byteCount, byteCount);
  } catch (cause) {
    if (signal.aborted || cause instanceof BillhouseError) throw cause;
    refused(path, cause);
  } finally {
    await handle.close();
  }
}

async function readRange(
  root: string,
  file: FileVersion,
  { start, end }: { start: number; end: number },
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  signal?.throwIfAborted();
  const path = pathBelow(root, file);
  const handle = await open(path).catch((cause: unknown) => refused(path, cause));
  try {
    await requireVersion(handle, path, file);
    const length = Math.min(end, file.byteCount) - start;
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.max(0, length)), 0, null, start);
    await requireVersion(handle, path, file);
    if (bytesRead < length) throw wrongSize(path, file.byteCount, start + bytesRead);
    return buffer;
  } catch (cause) {
    if (cause instanceof BillhouseError) throw cause;
    refused(path, cause);
  } finally {
    await handle.close();
  }
}

function pathBelow(root: string, file: FileVersion): string {
  const path = resolve(root, file.path);
  if (path.startsWith(root.endsWith(sep) ? root : root + sep)) return path;
  throw new StorageError(`${root}: ${JSON.stringify(file.path)} lies outside of the folder: correct the path`);
}

async function requireVersion(handle: FileHandle, path: string, file: FileVersion): Promise<void> {
  const stats = await handle.stat({ bigint: true });
  if (etagOf(stats) !== file.etag) {
    throw new OverwrittenError(`${path}: changed since it was listed: import again`);
  }
  if (Number(stats.size) !== file.byteCount) throw wrongSize(path, file.byteCount, Number(stats.size));
}

function etagOf(stats: BigIntStats): string {
  return `${stats.size}-${stats.mtimeNs}`;
}

function wrongSize(path: string, expected: number, actual: number): FileError {
  return new FileError(`${path}: has ${actual} bytes, not ${expected} as listed: copy the file again`);
}

function refused(path: string, cause: unknown): never {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  if (code === "ENOENT") throw new OverwrittenError(`${path}: is gone since it was listed: import again`, { cause });
  throw new StorageError(`${path}: cannot be read (${code}): check the permissions and the disk`, { cause });
}
