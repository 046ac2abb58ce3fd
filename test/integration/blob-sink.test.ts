import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { demoRuns } from "../../src/demo/demo-exports.ts";
import { blobSink, folderSink } from "../../src/demo/sink.ts";
import { writeExport } from "../../src/demo/write-export.ts";
import { type Azurite, startAzurite } from "../support/azurite.ts";

let azurite: Azurite;

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

test("blobs hold the same bytes as files, and their size is told", async () => {
  const directory = await mkdtemp(join(tmpdir(), "billhouse-exports-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [run] = demoRuns(2_000);
  if (run === undefined) throw new Error("the demo has no runs");

  const inBlobs = await writeExport(await blobSink(azurite.connectionString, "exports"), run);
  const inFiles = await writeExport(folderSink(directory), run);

  expect(inBlobs).toEqual(inFiles);
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient("exports");
  const blobs: string[] = [];
  for await (const { name } of container.listBlobsFlat()) blobs.push(name);
  expect(blobs.toSorted()).toEqual([...inFiles.parts.map(({ path }) => path), inFiles.manifestPath].toSorted());
  for (const name of blobs) {
    const blob = await container.getBlobClient(name).downloadToBuffer();
    expect(hashOf(blob)).toBe(hashOf(await readFile(join(directory, name))));
  }
});

test("a body of several blocks arrives whole", async () => {
  const sink = await blobSink(azurite.connectionString, "exports");
  const body = Buffer.alloc(9 * 1024 * 1024 + 1, "0123456789");

  expect(await sink.put("large/streamed", Readable.from(chunksOf(body)))).toEqual({ byteCount: body.length });

  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient("exports");
  expect(hashOf(await container.getBlobClient("large/streamed").downloadToBuffer())).toBe(hashOf(body));
});

function* chunksOf(body: Buffer): Generator<Buffer> {
  for (let start = 0; start < body.length; start += 100_000) yield body.subarray(start, start + 100_000);
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
