import type { BlobItem, ContainerClient } from "@azure/storage-blob";
import { BillhouseError } from "../domain/errors.ts";
import type { BlobSource } from "../domain/source.ts";
import type { BlobCredential } from "./blob-credential.ts";
import { readBlobCredential } from "./blob-credential.ts";
import { downloadBlob } from "./blob-download.ts";
import type { ByteRange } from "./blob-download.ts";
import { blobError } from "./blob-error.ts";
import type { BlobPlace } from "../domain/blob-place.ts";
import { parseBlobUrl } from "../domain/blob-place.ts";
import { byteStream } from "./byte-stream.ts";
import type { FileVersion, Store, StoredFile } from "./store.ts";

/** Waits of 0.5, 1.5 and 3.5 seconds carry a listing over a throttled or restarting account. */
const RETRIES = { maxTries: 5, retryDelayInMs: 500, maxRetryDelayInMs: 10_000 };

/**
 * The exports below a base folder of a container. Reads url and credential at once and throws ConfigurationError; the
 * SDK is only loaded when the store is used, because that takes a third of a second.
 */
export function createBlobStore(source: Pick<BlobSource, "url" | "credential">, environment: NodeJS.ProcessEnv): Store {
  const place = parseBlobUrl(source.url);
  const credential = readBlobCredential(source.credential, place, environment);
  let client: Promise<ContainerClient> | undefined;
  const connect = () => (client ??= connectTo(place, credential));

  async function* list(signal?: AbortSignal): AsyncGenerator<StoredFile> {
    try {
      const container = await connect();
      const options = { prefix: place.prefix, includeMetadata: true, ...(signal && { abortSignal: signal }) };
      for await (const blob of container.listBlobsFlat(options)) {
        if (!isFolderMarker(blob)) yield storedFile(blob);
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw blobError(error, { place: place.url, action: "list", credential: source.credential });
    }
  }

  async function* download(file: FileVersion, signal: AbortSignal, range?: ByteRange): AsyncGenerator<Buffer, void> {
    const request = {
      place: `${place.containerUrl}/${file.path}`,
      action: "read",
      credential: source.credential,
    } as const;
    try {
      const blob = (await connect()).getBlobClient(file.path);
      const version = { place: request.place, etag: file.etag, byteCount: file.byteCount };
      yield* downloadBlob(blob, version, signal, undefined, range);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw error instanceof BillhouseError ? error : blobError(error, request);
    }
  }

  return {
    place: place.url,
    prefix: place.prefix,
    list,
    async open(file, signal) {
      const stop = new AbortController();
      return byteStream(download(file, stop.signal), stop, signal);
    },
    async read(file, start, end, signal) {
      const chunks: Buffer[] = [];
      const never = new AbortController().signal;
      for await (const chunk of download(file, signal ?? never, { start, end })) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}

async function connectTo(place: BlobPlace, credential: BlobCredential): Promise<ContainerClient> {
  const storage = await import("@azure/storage-blob");
  const options = { retryOptions: RETRIES };
  if (credential.kind === "sas") {
    return new storage.ContainerClient(`${place.containerUrl}?${credential.query}`, undefined, options);
  }
  if (credential.kind === "key") {
    const key = new storage.StorageSharedKeyCredential(credential.account, credential.key);
    return new storage.ContainerClient(place.containerUrl, key, options);
  }
  const identity = await import("@azure/identity");
  return new storage.ContainerClient(place.containerUrl, new identity.DefaultAzureCredential(), options);
}

/** Accounts with folders (hierarchical namespace) list each as an empty blob. */
function isFolderMarker(blob: BlobItem): boolean {
  return blob.properties.contentLength === 0 && (blob.metadata?.["hdi_isfolder"] === "true" || blob.name.endsWith("/"));
}

function storedFile(blob: BlobItem): StoredFile {
  const md5 = blob.properties.contentMD5;
  return {
    path: blob.name,
    byteCount: blob.properties.contentLength ?? 0,
    etag: blob.properties.etag,
    modifiedAt: blob.properties.lastModified.toISOString(),
    ...(md5 === undefined || md5.length === 0 ? {} : { md5: Buffer.from(md5).toString("hex") }),
  };
}
