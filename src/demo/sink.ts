import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BlobServiceClient } from "@azure/storage-blob";

/** Where generated files are put. */
export type Sink = {
  /** Stores the body under that path, with forward slashes, and says how many bytes it was. */
  readonly put: (path: string, body: Readable | Buffer) => Promise<{ readonly byteCount: number }>;
};

const UPLOAD_BLOCK_BYTES = 4 * 1024 * 1024;
const CONCURRENT_BLOCKS = 4;

/** Files below a directory, which is made when it is missing. */
export function folderSink(directory: string): Sink {
  return {
    put: async (path, body) => {
      const file = join(directory, path);
      await mkdir(dirname(file), { recursive: true });
      const counter = byteCounter();
      await pipeline(Buffer.isBuffer(body) ? Readable.from([body]) : body, counter.stream, createWriteStream(file));
      return { byteCount: counter.count() };
    },
  };
}

/** Blobs of a container, which is made when it is missing. */
export async function blobSink(connectionString: string, container: string): Promise<Sink> {
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
  await client.createIfNotExists();
  return {
    put: async (path, body) => {
      const blob = client.getBlockBlobClient(path);
      if (Buffer.isBuffer(body)) {
        await blob.uploadData(body);
        return { byteCount: body.length };
      }
      const counter = byteCounter();
      await pipeline(body, counter.stream, () =>
        blob.uploadStream(counter.stream, UPLOAD_BLOCK_BYTES, CONCURRENT_BLOCKS),
      );
      return { byteCount: counter.count() };
    },
  };
}

function byteCounter() {
  let byteCount = 0;
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      byteCount += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, count: () => byteCount };
}
