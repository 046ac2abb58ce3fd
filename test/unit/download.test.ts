import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { downloadFile, placeBelow } from "../../src/sources/download.ts";
import type { DownloadFile } from "../../src/sources/download.ts";
import { createFolderStore } from "../../src/sources/folder.ts";
import type { Store } from "../../src/sources/store.ts";
import { type Files, folderOf } from "../support/manifests.ts";

const NEVER = new AbortController().signal;

test("a download that was broken off goes on where it stopped, of that very version only", async () => {
  const { store, file, stored, target } = await aScene({ "exports/big.csv": Buffer.alloc(20_000_000, "some text ") });
  const stop = new AbortController();
  const asked: number[] = [];
  const breaking: Store = {
    ...store,
    async read(version, start, end, signal) {
      asked.push(start);
      if (start > 0) stop.abort();
      return store.read(version, start, end, signal);
    },
  };
  await expect(downloadFile(breaking, file, target, stop.signal)).rejects.toThrow("abort");
  const { size } = await stat(join(target, "exports/big.csv.part"));
  expect(size).toBeGreaterThan(1_000_000);
  await expect(stat(join(target, "exports/big.csv"))).rejects.toThrow("ENOENT");

  asked.length = 0;
  const counting: Store = {
    ...store,
    async read(version, start, end, signal) {
      asked.push(start);
      return store.read(version, start, end, signal);
    },
  };
  expect(await downloadFile(counting, file, target, NEVER)).toBe("continued");
  expect(asked[0]).toBe(size);
  expect(await digestOf(join(target, "exports/big.csv"))).toBe(await digestOf(join(stored, "exports/big.csv")));
  expect((await stat(join(target, "exports/big.csv"))).mtime.toISOString()).toBe(file.modifiedAt);

  // The rest of another version is never put behind the beginning of this one.
  await rm(join(target, "exports/big.csv"));
  await writeFile(join(target, "exports/big.csv.part"), "of another version");
  await writeFile(join(target, "exports/big.csv.part.etag"), "another");
  expect(await downloadFile(store, file, target, NEVER)).toBe("downloaded");
});

test("a wrong MD5 is told, and what came is thrown away", async () => {
  const { store, file, target } = await aScene({ "one.csv": Buffer.from("abc") });
  const wrong = { ...file, md5s: [{ by: "the manifest", md5: "0".repeat(32) }] };
  await expect(downloadFile(store, wrong, target, NEVER)).rejects.toThrow(
    `one.csv has the MD5 900150983cd24fb0d6963f7d28e17f72, but the manifest says ${"0".repeat(32)}: download again`,
  );
  expect(await filesBelow(target)).toEqual([]);
});

test("a full disk is named, and where to go on", async () => {
  const { store, file, target } = await aScene({ "one.csv": Buffer.from("abc") });
  await symlink("/dev/full", join(target, "one.csv.part")); // takes no byte, like a full disk
  await writeFile(join(target, "one.csv.part.etag"), file.etag);
  await expect(downloadFile(store, file, target, NEVER)).rejects.toThrow(
    "one.csv.part: the disk is full: make room and download again, it goes on from here",
  );
});

test.each(["../out.csv", "a/../../out.csv", "/etc/out.csv", "a//b.csv", "a/./b.csv", "a\\..\\b.csv", ".."])(
  "a blob named %s is not written anywhere",
  (path) => {
    expect(() => placeBelow("/tmp/copy", path)).toThrow("is no path below a directory");
  },
);

test("a link that leads out of the directory is not followed", async () => {
  const { store, file, target } = await aScene({ "exports/one.csv": Buffer.from("abc") });
  await symlink(tmpdir(), join(target, "exports"));
  await expect(downloadFile(store, file, target, NEVER)).rejects.toThrow("a link leads out of");
});

/** A store with one file, and an empty directory to copy it to. */
async function aScene(files: Files): Promise<{ store: Store; file: DownloadFile; stored: string; target: string }> {
  const stored = await folderOf(files);
  const store = createFolderStore(stored);
  for await (const file of store.list()) {
    return { store, file: { ...file, md5s: [] }, stored, target: await folderOf({}) };
  }
  throw new RangeError("the store is empty");
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

async function digestOf(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
