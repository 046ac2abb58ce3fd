import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, realpath, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { FileError, StorageError } from "../domain/errors.ts";
import type { Store, StoredFile } from "./store.ts";

/** What came of a file: fetched from its beginning, fetched from where an earlier attempt stopped, or left alone. */
export type DownloadOutcome = "downloaded" | "continued" | "already there";

/** A file to fetch, and every MD5 that is said of it: by whom, and in hexadecimal digits. */
export type DownloadFile = StoredFile & { readonly md5s: readonly { readonly by: string; readonly md5: string }[] };

const RANGE_BYTES = 8 * 1024 * 1024;

/**
 * Brings a stored file below a directory, under its own path. It is there under its name only when it is whole: until
 * then it is called `<name>.part`, beside it the ETag of its version, and the next attempt goes on where this one stopped.
 * Throws StorageError when the path leads out of the directory or cannot be written, FileError for a wrong MD5, and
 * what the store throws.
 */
export async function downloadFile(
  store: Store,
  file: DownloadFile,
  directory: string,
  signal: AbortSignal,
): Promise<DownloadOutcome> {
  const target = placeBelow(directory, file.path);
  if (await isThere(target, file, signal)) return "already there";
  await makeFolder(target, directory);
  const begun = await beginPart(target, file);
  const part = `${target}.part`;
  const handle = await open(part, begun > 0 ? "r+" : "w").catch((cause: unknown) => refused(part, cause));
  const hash = createHash("md5");
  try {
    if (begun > 0) await pipeline(createReadStream(part, { end: begun - 1, signal }), hash, { end: false });
    await fetchRest(store, file, { handle, part, hash }, begun, signal);
  } finally {
    await handle.close();
  }
  const wrong = findWrong(file, hash.digest("hex"));
  if (wrong !== undefined) {
    await forget(target);
    throw new FileError(`${store.place}: ${wrong}: download again, else run the export again`);
  }
  // A file without a manifest is dated by its modification, so a copy has to have the same.
  await utimes(part, new Date(), new Date(file.modifiedAt)).catch((cause: unknown) => refused(part, cause));
  await rename(part, target).catch((cause: unknown) => refused(target, cause));
  await forget(target);
  return begun > 0 ? "continued" : "downloaded";
}

/** Where a stored path lies below a directory. Throws StorageError where it would lie outside, or is no plain path. */
export function placeBelow(directory: string, path: string): string {
  const root = resolve(directory);
  const isPlain = path.split("/").every((segment) => !["", ".", ".."].includes(segment) && !/[\\\0]/.test(segment));
  const target = join(root, path);
  if (isPlain && target.startsWith(root.endsWith(sep) ? root : root + sep)) return target;
  throw new StorageError(
    `${root}: ${JSON.stringify(path)} is no path below a directory: find out who wrote it, or leave its export out`,
  );
}

/** Whether the file is there already, as it is stored: the same size and MD5, or where none is said, the same time. */
export async function isThere(target: string, file: DownloadFile, signal: AbortSignal): Promise<boolean> {
  const stats = await stat(target).catch(() => null);
  if (stats === null || !stats.isFile() || stats.size !== file.byteCount) return false;
  if (file.md5s.length === 0) return Math.abs(stats.mtimeMs - Date.parse(file.modifiedAt)) < 1000;
  const hash = createHash("md5");
  await pipeline(createReadStream(target, { signal }), hash);
  return findWrong(file, hash.digest("hex")) === undefined;
}

async function makeFolder(target: string, directory: string): Promise<void> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => refused(folder, cause));
  const [root, real] = await Promise.all([realpath(directory), realpath(folder)]);
  if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) return;
  throw new StorageError(`${folder}: a link leads out of ${directory}: remove it, or download to another directory`);
}

/** How many bytes of this very version an earlier attempt has left; what is of another version is removed. */
async function beginPart(target: string, file: StoredFile): Promise<number> {
  const [part, version] = [`${target}.part`, `${target}.part.etag`];
  if ((await readFile(version, "utf8").catch(() => "")) === file.etag) {
    const size = (await stat(part).catch(() => null))?.size ?? 0;
    if (size <= file.byteCount) return size;
  }
  try {
    await rm(part, { force: true }); // first, so that it never lies beside an ETag that is not its own
    await writeFile(version, file.etag);
  } catch (cause) {
    refused(version, cause);
  }
  return 0;
}

async function fetchRest(
  store: Store,
  file: StoredFile,
  { handle, part, hash }: { handle: FileHandle; part: string; hash: Hash },
  begun: number,
  signal: AbortSignal,
): Promise<void> {
  for (let offset = begun; offset < file.byteCount;) {
    const bytes = await store.read(file, offset, offset + RANGE_BYTES, signal);
    signal.throwIfAborted();
    hash.update(bytes);
    for (let written = 0; written < bytes.length;) {
      const { bytesWritten } = await handle
        .write(bytes, written, bytes.length - written, offset + written)
        .catch((cause: unknown) => refused(part, cause));
      written += bytesWritten;
    }
    offset += bytes.length;
  }
  await handle.datasync().catch((cause: unknown) => refused(part, cause));
}

function findWrong({ path, md5s }: DownloadFile, md5: string): string | undefined {
  const wrong = md5s.find((said) => said.md5 !== md5);
  return wrong && `${path} has the MD5 ${md5}, but ${wrong.by} says ${wrong.md5}`;
}

async function forget(target: string): Promise<void> {
  await rm(`${target}.part`, { force: true });
  await rm(`${target}.part.etag`, { force: true });
}

function refused(path: string, cause: unknown): never {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  if (code === "ENOSPC" || code === "EDQUOT") {
    throw new StorageError(`${path}: the disk is full: make room and download again, it goes on from here`, { cause });
  }
  throw new StorageError(`${path}: cannot be written (${code}): check the permissions and the disk`, { cause });
}
