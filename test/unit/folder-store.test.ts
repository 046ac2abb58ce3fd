import { appendFile, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { ConfigurationError, FileError, OverwrittenError, StorageError } from "../../src/domain/errors.ts";
import { createFolderStore } from "../../src/sources/folder.ts";
import type { Store, StoredFile } from "../../src/sources/store.ts";
import { type Files, folderOf } from "../support/manifests.ts";

test("a folder lists every file with its size, version and time, by paths with forward slashes", async () => {
  const { store } = await storeOf({ "b/two.csv": "22", "a/b/c/one.csv": "1", "zero.csv": "" });
  const files = await listed(store);
  expect(files.map((file) => [file.path, file.byteCount])).toEqual([
    ["a/b/c/one.csv", 1],
    ["b/two.csv", 2],
    ["zero.csv", 0],
  ]);
  expect(files[0]?.modifiedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(files[0]?.etag).toMatch(/^1-\d+$/);
});

test("dot files, and links wherever they point, are not seen", async () => {
  const { root, store } = await storeOf({ "a/one.csv": "1", ".hidden/two.csv": "2", "a/.three.csv": "3" });
  const outside = await folderOf({ "secret.csv": "s" });
  await symlink(outside, join(root, "out"));
  await symlink(join(outside, "secret.csv"), join(root, "a", "secret.csv"));
  await symlink(join(root, "a"), join(root, "again"));
  await mkdir(join(root, "empty"));
  expect((await listed(store)).map((file) => file.path)).toEqual(["a/one.csv"]);
});

test("a file is read as it is, in chunks", async () => {
  const bytes = Buffer.alloc(1_000_000, "0123456789");
  const { store } = await storeOf({ "one.csv": bytes });
  const chunks: Buffer[] = [];
  for await (const chunk of await store.open(await only(store))) chunks.push(Buffer.from(chunk as Buffer));
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  expect(chunks.length).toBeGreaterThan(3);
});

test("a file that changed or vanished since it was listed is overwritten", async () => {
  const { root, store } = await storeOf({ "one.csv": "1" });
  const file = await only(store);
  await writeFile(join(root, "one.csv"), "2");
  await expect(store.open(file)).rejects.toThrow(OverwrittenError);
  await rm(join(root, "one.csv"));
  await expect(store.open(file)).rejects.toThrow(`${join(root, "one.csv")}: is gone since it was listed`);
});

test("a file that changes while it is read is overwritten", async () => {
  const { root, store } = await storeOf({ "one.csv": Buffer.alloc(1_000_000) });
  const stream = await store.open(await only(store));
  await appendFile(join(root, "one.csv"), "more");
  await expect(text(stream)).rejects.toThrow(OverwrittenError);
});

test("a range is read as it is, and ends with the file", async () => {
  const { store } = await storeOf({ "one.csv": "0123456789" });
  const file = await only(store);
  const ranges = [
    [2, 5],
    [0, 10],
    [8, 99],
    [10, 20],
    [5, 5],
  ] as const;
  const texts = await Promise.all(ranges.map(async ([start, end]) => (await store.read(file, start, end)).toString()));
  expect(texts).toEqual(["234", "0123456789", "89", "", ""]);
});

test("a range is never read from another version, nor from outside", async () => {
  const { root, store } = await storeOf({ "one.csv": "1" });
  const file = await only(store);
  await expect(store.read({ ...file, path: "../one.csv" }, 0, 1)).rejects.toThrow(StorageError);
  await expect(store.read({ ...file, byteCount: 5 }, 0, 1)).rejects.toThrow(FileError);
  await writeFile(join(root, "one.csv"), "2");
  await expect(store.read(file, 0, 1)).rejects.toThrow(OverwrittenError);
  await rm(join(root, "one.csv"));
  await expect(store.read(file, 0, 1)).rejects.toThrow(`${join(root, "one.csv")}: is gone since it was listed`);
});

test("another size than announced is an error of the file", async () => {
  const { store } = await storeOf({ "one.csv": "1" });
  await expect(store.open({ ...(await only(store)), byteCount: 5 })).rejects.toThrow(FileError);
});

test("a path out of the folder is refused", async () => {
  const { store } = await storeOf({ "one.csv": "1" });
  const file = await only(store);
  for (const path of ["../one.csv", "/etc/passwd", "a/../../one.csv", ""]) {
    await expect(store.open({ ...file, path })).rejects.toThrow(StorageError);
  }
});

test("a folder that does not exist is a matter of configuration", async () => {
  const store = createFolderStore("/nowhere/at/all");
  await expect(listed(store)).rejects.toThrow(ConfigurationError);
  await expect(listed(store)).rejects.toThrow("/nowhere/at/all: no such folder");
});

test("an abort ends a read", async () => {
  const { store } = await storeOf({ "one.csv": Buffer.alloc(10_000_000) });
  const controller = new AbortController();
  const stream = await store.open(await only(store), controller.signal);
  stream.once("data", () => controller.abort());
  await expect(text(stream)).rejects.toMatchObject({ name: "AbortError" });
});

test.runIf(process.platform === "linux")("a stream that is left early closes its file", async () => {
  const { store } = await storeOf({ "one.csv": Buffer.alloc(10_000_000) });
  const file = await only(store);
  const openFiles = async () => (await readdir("/proc/self/fd")).length;
  const before = await openFiles();
  const streams = await Promise.all(Array.from({ length: 50 }, () => store.open(file)));
  expect(await openFiles()).toBeGreaterThanOrEqual(before + 50);
  for (const stream of streams) stream.destroy();
  await expect.poll(openFiles).toBeLessThanOrEqual(before + 5);
});

async function storeOf(files: Files): Promise<{ root: string; store: Store }> {
  const root = await folderOf(files);
  return { root, store: createFolderStore(root) };
}

async function listed(store: Store): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const file of store.list()) files.push(file);
  return files;
}

async function only(store: Store): Promise<StoredFile> {
  const [file] = await listed(store);
  if (file === undefined) throw new Error("the folder is empty");
  return file;
}
