import { randomBytes } from "node:crypto";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import {
  BlobServiceClient,
  type ContainerClient,
  ContainerSASPermissions,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ConfigurationError, FileError, OverwrittenError, StorageError } from "../../src/domain/errors.ts";
import { createBlobStore } from "../../src/sources/blob.ts";
import { downloadBlob } from "../../src/sources/blob-download.ts";
import { discoverRuns } from "../../src/sources/discover.ts";
import { openStore } from "../../src/sources/open-store.ts";
import type { Store, StoredFile } from "../../src/sources/store.ts";
import { type Azurite, startAzurite } from "../support/azurite.ts";
import { delivery, type Files, guid } from "../support/manifests.ts";

const CREDENTIAL = { env: "TEST_STORAGE" };
const NEVER = new AbortController().signal;
let azurite: Azurite;
let service: BlobServiceClient;
let containerCount = 0;

beforeAll(async () => {
  azurite = await startAzurite();
  service = BlobServiceClient.fromConnectionString(azurite.connectionString);
});
afterAll(() => azurite.close());

test("a base folder is listed with sizes, versions and times, and nothing beside it", async () => {
  const container = await containerOf({
    "daily/a/one.csv": "1",
    "daily/two.csv": "22",
    "daily2/no.csv": "no",
    "no.csv": "no",
  });
  const store = storeOf(container, "/daily");
  expect([store.place, store.prefix]).toEqual([`${container.url}/daily`, "daily/"]);
  const files = await listed(store);
  expect(files.map((file) => [file.path, file.byteCount])).toEqual([
    ["daily/a/one.csv", 1],
    ["daily/two.csv", 2],
  ]);
  expect(files[0]?.etag).not.toBe("");
  expect(files[0]?.modifiedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
});

test("the markers of folders are left out, and empty files are not", async () => {
  const container = await containerOf({ "a/one.csv": "1", "a/empty.csv": "" });
  await container.getBlockBlobClient("a").upload("", 0, { metadata: { hdi_isfolder: "true" } });
  await container.getBlockBlobClient("b/").upload("", 0);
  const paths = (await listed(storeOf(container))).map((file) => file.path);
  expect(paths).toEqual(["a/empty.csv", "a/one.csv"]);
});

test("several exports below one base folder are discovered with their parts", async () => {
  const container = await containerOf({
    ...delivery({ parts: 3 }),
    ...delivery({ exportName: "amortized", type: "AmortizedCost", runId: guid(2) }),
  });
  const { runs, problems } = await discoverRuns({ name: "contoso" }, storeOf(container, "/exports"));
  expect(problems).toEqual([]);
  expect(runs.map((run) => [run.exportName, run.runId, run.parts.length])).toEqual([
    ["amortized", guid(2), 1],
    ["daily", guid(1), 3],
  ]);
});

test("names that begin with the container's own are found", async () => {
  const files = delivery();
  const container = await containerOf(files);
  for (const [path, contents] of Object.entries(files)) {
    if (!path.endsWith("manifest.json")) continue;
    const changed = String(contents).replaceAll('"exports/daily', `"${container.containerName}/exports/daily`);
    await container.getBlockBlobClient(path).upload(changed, changed.length);
  }
  const { runs, problems } = await discoverRuns({ name: "contoso" }, storeOf(container));
  expect(problems).toEqual([]);
  expect(runs[0]?.parts[0]?.path).toMatch(/^exports\/daily\//);
});

test("the stored bytes come as they are, also where the blob calls itself gzip", async () => {
  const bytes = gzipSync(randomBytes(3_000_000));
  const container = await containerOf({ "plain.csv.gz": bytes });
  await container
    .getBlockBlobClient("encoded.csv.gz")
    .upload(bytes, bytes.length, { blobHTTPHeaders: { blobContentEncoding: "gzip" } });
  const store = storeOf(container);
  for (const file of await listed(store)) {
    expect((await buffer(await store.open(file))).equals(bytes)).toBe(true);
  }
});

test("an empty blob is an empty stream", async () => {
  const store = storeOf(await containerOf({ "empty.csv": "" }));
  expect(await text(await store.open(await only(store)))).toBe("");
});

test("paths with spaces, percent signs and letters of any language are found again", async () => {
  const path = "Kosten täglich/50% off #1/a+b?.csv";
  const container = await containerOf({ [path]: "abc" });
  const store = storeOf(container, "/Kosten%20t%C3%A4glich/50%25%20off%20%231");
  expect(await text(await store.open(await only(store)))).toBe("abc");
});

test("a blob that was replaced or deleted since it was listed is overwritten", async () => {
  const container = await containerOf({ "one.csv": "1" });
  const store = storeOf(container);
  const file = await only(store);
  await container.getBlockBlobClient("one.csv").upload("2", 1);
  await expect(store.open(file)).rejects.toThrow(OverwrittenError);
  await container.getBlockBlobClient("one.csv").delete();
  await expect(store.open(file)).rejects.toThrow(`${container.url}/one.csv: changed or vanished since it was listed`);
});

test("a range of a blob is read as it is, and ends with the blob", async () => {
  const store = storeOf(await containerOf({ "one.csv": "0123456789" }));
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

test("a range of a blob that was replaced or deleted since it was listed is overwritten", async () => {
  const container = await containerOf({ "one.csv": "123" });
  const store = storeOf(container);
  const file = await only(store);
  await container.getBlockBlobClient("one.csv").upload("321", 3);
  await expect(store.read(file, 1, 2)).rejects.toThrow(OverwrittenError);
  await container.getBlockBlobClient("one.csv").delete();
  await expect(store.read(file, 1, 2)).rejects.toThrow(
    `${container.url}/one.csv: changed or vanished since it was listed`,
  );
});

test("a range whose connection drops is taken up where it broke off", async () => {
  const bytes = randomBytes(8_000_000);
  const container = await containerOf({ "one.csv": bytes });
  const file = await only(storeOf(container));
  const proxy = await startProxy((connection) => (connection <= 2 ? 2_000_000 : Infinity));
  const range = await storeOf(container, "", proxy.port).read(file, 1000, 7_000_000);
  expect(range.equals(bytes.subarray(1000, 7_000_000))).toBe(true);
  expect(proxy.connections()).toBeGreaterThan(2);
});

test("a connection that drops is taken up where it broke off", async () => {
  const bytes = randomBytes(8_000_000);
  const container = await containerOf({ "one.csv": bytes });
  const file = await only(storeOf(container));
  const proxy = await startProxy((connection) => (connection <= 3 ? 2_000_000 : Infinity));
  const store = storeOf(container, "", proxy.port);
  expect((await buffer(await store.open(file))).equals(bytes)).toBe(true);
  expect(proxy.connections()).toBeGreaterThan(3);
});

test.each([
  [
    "replaced",
    async (container: ContainerClient) => void (await container.getBlockBlobClient("one.csv").upload("2", 1)),
  ],
  ["deleted", async (container: ContainerClient) => void (await container.getBlockBlobClient("one.csv").delete())],
])("a blob that is %s while it is read is never read on from another version", async (_, change) => {
  const container = await containerOf({ "one.csv": randomBytes(8_000_000) });
  const file = await only(storeOf(container));
  const proxy = await startProxy((connection) => (connection === 1 ? 2_000_000 : Infinity));
  const stream = await storeOf(container, "", proxy.port).open(file);
  await change(container);
  await expect(buffer(stream)).rejects.toThrow(OverwrittenError);
});

test("a connection that falls silent is given up and opened again", async () => {
  const bytes = randomBytes(3_000_000);
  const container = await containerOf({ "one.csv": bytes });
  const { etag, byteCount } = await only(storeOf(container));
  const proxy = await startProxy((connection) => (connection === 1 ? 1_000_000 : Infinity), "silence");
  const blob = clientAt(container, proxy.port).getBlobClient("one.csv");
  const limits = { drops: 2, idleMilliseconds: 300, retryMilliseconds: 10 };
  const version = { place: "one.csv", etag, byteCount };
  const chunks: Buffer[] = [];
  for await (const chunk of downloadBlob(blob, version, NEVER, limits)) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
});

test("a connection that drops again and again without a byte ends in an error", async () => {
  const container = await containerOf({ "one.csv": randomBytes(3_000_000) });
  const { etag, byteCount } = await only(storeOf(container));
  const proxy = await startProxy((connection) => (connection === 1 ? 1_000_000 : 0));
  const blob = clientAt(container, proxy.port).getBlobClient("one.csv");
  const limits = { drops: 3, idleMilliseconds: 5_000, retryMilliseconds: 10 };
  const chunks = downloadBlob(blob, { place: "one.csv", etag, byteCount }, NEVER, limits);
  await expect(buffer(chunks)).rejects.toThrow("aborted");
  expect(proxy.connections()).toBeGreaterThan(3);
});

test.each([2, 4])("%i bytes announced for a blob of 3 are an error of the file", async (byteCount) => {
  const store = storeOf(await containerOf({ "one.csv": "abc" }));
  const opened = store.open({ ...(await only(store)), byteCount });
  await expect(opened).rejects.toThrow(FileError);
  await expect(opened).rejects.toThrow(`one.csv: has 3 bytes, not ${byteCount} as listed`);
});

test("an abort ends a read at once, also while the storage is silent", async () => {
  const container = await containerOf({ "one.csv": randomBytes(3_000_000) });
  const file = await only(storeOf(container));
  const proxy = await startProxy(() => 1_000_000, "silence");
  const controller = new AbortController();
  const reading = buffer(await storeOf(container, "", proxy.port).open(file, controller.signal));
  await expect.poll(() => proxy.silences()).toBe(1);
  const started = performance.now();
  controller.abort();
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("an abort ends an opening and a listing at once, with its reason", async () => {
  const container = await containerOf({ "one.csv": "1" });
  const file = await only(storeOf(container));
  const proxy = await startProxy(() => 0, "silence");
  const store = storeOf(container, "", proxy.port);
  const works = [(signal: AbortSignal) => store.open(file, signal), (signal: AbortSignal) => listed(store, signal)];
  for (const [at, work] of works.entries()) {
    const controller = new AbortController();
    const working = work(controller.signal);
    await expect.poll(() => proxy.silences()).toBe(at + 1);
    controller.abort(new Error("enough"));
    await expect(working).rejects.toThrow("enough");
  }
});

test("a stream that is left early closes its connection", async () => {
  const container = await containerOf({ "one.csv": randomBytes(30_000_000) });
  const file = await only(storeOf(container));
  const proxy = await startProxy(() => Infinity);
  const stream = await storeOf(container, "", proxy.port).open(file);
  stream.destroy();
  await expect.poll(() => proxy.open(), { timeout: 5_000 }).toBe(0);
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test("a large blob streams through flat memory", async () => {
  const block = randomBytes(4_000_000);
  const container = await containerOf({});
  const blob = container.getBlockBlobClient("large.csv");
  const ids = Array.from({ length: 40 }, (_, at) => Buffer.from(String(at).padStart(4, "0")).toString("base64"));
  for (const id of ids) await blob.stageBlock(id, block, block.length);
  await blob.commitBlockList(ids);
  const store = storeOf(container);
  const before = process.memoryUsage();
  let byteCount = 0;
  let measured = 0;
  let most = 0;
  for await (const chunk of await store.open(await only(store))) {
    byteCount += (chunk as Buffer).length;
    if (byteCount < measured + 10_000_000) continue;
    measured = byteCount;
    collectGarbage(); // what nobody holds any more is not what this is about
    most = Math.max(most, process.memoryUsage().arrayBuffers - before.arrayBuffers);
  }
  expect(byteCount).toBe(160_000_000);
  expect(most).toBeLessThan(60_000_000);
});

test("a connection string, a SAS, a SAS with its question mark and a whole SAS url all open the container", async () => {
  const container = await containerOf({ "daily/one.csv": "abc" });
  const sasUrl = await sasFor(container, "rl");
  const sas = sasUrl.slice(sasUrl.indexOf("?") + 1);
  const sasInString = `BlobEndpoint=${azurite.url};SharedAccessSignature=${sas}`;
  for (const secret of [azurite.connectionString, sas, `?${sas}`, sasUrl, sasInString, `  ${sasUrl}\n`]) {
    const store = createBlobStore({ url: `${container.url}/daily`, credential: CREDENTIAL }, { TEST_STORAGE: secret });
    expect(await text(await store.open(await only(store)))).toBe("abc");
  }
});

test("the emulator's short connection string is its well-known account", async () => {
  const container = await containerOf({ "one.csv": "abc" });
  const environment = { TEST_STORAGE: "UseDevelopmentStorage=true" };
  const store = openStore(
    {
      name: "local",
      kind: "blob",
      enabled: true,
      priority: 100,
      rejectLimit: 0,
      url: container.url,
      credential: CREDENTIAL,
    },
    environment,
  );
  expect(await text(await store.open(await only(store)))).toBe("abc");
});

test.each<[string, string | undefined, string]>([
  ["not set", undefined, "is not set"],
  ["empty", " ", "is not set"],
  ["no connection string", "tops3cret", "holds neither a connection string with AccountName and AccountKey nor a SAS"],
  ["without a key", "AccountName=devstoreaccount1;Secret=tops3cret", "holds neither a connection string"],
  ["with a key that is none", "AccountName=devstoreaccount1;AccountKey=tops3cret!", "holds neither"],
  ["for another account", "AccountName=other;AccountKey=dG9wczNjcmV0", "belongs to the account other"],
  ["a SAS without a version", "?sp=rl&sig=tops3cret", "holds a SAS without sv and sig"],
  [
    "a SAS for another account",
    "https://other.blob.core.windows.net/c?sv=1&sig=tops3cret",
    "holds a SAS for other.blob",
  ],
])("a variable that is %s is named, and its value is not", (_, value, reason) => {
  const error = thrownBy(() =>
    createBlobStore({ url: `${azurite.url}/exports`, credential: CREDENTIAL }, { TEST_STORAGE: value }),
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(String(error)).toContain(`${azurite.url}/exports: the environment variable TEST_STORAGE ${reason}`);
  expect(inspect(error)).not.toMatch(/tops3cret|dG9wczNjcmV0/);
});

test.each([
  ["nonsense", "is not a url"],
  ["ftp://contoso.blob.core.windows.net/exports", "is not a url"],
  ["https://contoso.blob.core.windows.net", "names no container"],
  ["http://127.0.0.1:10000/devstoreaccount1", "names no container"],
  ["https://contoso.dfs.core.windows.net/exports", "write .blob. instead of .dfs."],
  ["https://contoso.blob.core.windows.net/exports?sv=1&sig=tops3cret", "must not carry a SAS"],
  ["https://me:tops3cret@contoso.blob.core.windows.net/exports", "must not carry a SAS or password"],
  ["http://contoso.blob.core.windows.net/exports", "only sent over https"],
])("the url %s is refused with a reason and without what it must not carry", (url, reason) => {
  const error = thrownBy(() => createBlobStore({ url, credential: "default" }, {}));
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(String(error)).toContain(reason);
  expect(inspect(error)).not.toContain("tops3cret");
});

test.each([
  [
    "https://contoso.blob.core.windows.net/exports/daily/",
    "https://contoso.blob.core.windows.net/exports/daily",
    "daily/",
  ],
  ["https://contoso.blob.core.windows.net/exports", "https://contoso.blob.core.windows.net/exports", ""],
  [
    "https://contoso.z12.blob.storage.azure.net/exports/a/b",
    "https://contoso.z12.blob.storage.azure.net/exports/a/b",
    "a/b/",
  ],
])("the url %s needs no more to be a place", (url, place, prefix) => {
  const store = createBlobStore({ url, credential: "default" }, {});
  expect([store.place, store.prefix]).toEqual([place, prefix]);
});

test("a wrong key is refused with what to check, and no secret is in the error", async () => {
  const container = await containerOf({ "one.csv": "abc" });
  const file = await only(storeOf(container));
  const key = randomBytes(64).toString("base64");
  const store = createBlobStore(
    { url: container.url, credential: CREDENTIAL },
    { TEST_STORAGE: `AccountName=devstoreaccount1;AccountKey=${key}` },
  );
  const errors = [await failure(listed(store)), await failure(store.open(file))];
  for (const [at, action] of ["list", "read"].entries()) {
    const error = errors[at];
    expect(error).toBeInstanceOf(StorageError);
    expect(String(error)).toContain(container.url);
    expect(String(error)).toContain(`cannot ${action} (403 AuthorizationFailure): check that TEST_STORAGE holds`);
    expect(everythingIn(error)).not.toContain(key);
  }
});

test("a SAS with a wrong signature, or without the right to read, is never in the error", async () => {
  const container = await containerOf({ "one.csv": "abc" });
  const file = await only(storeOf(container));
  const good = await sasFor(container, "l");
  const bad = good.replace(/sig=[^&]+/, `sig=${encodeURIComponent(randomBytes(32).toString("base64"))}`);
  const storeWith = (secret: string) =>
    createBlobStore({ url: container.url, credential: CREDENTIAL }, { TEST_STORAGE: secret });
  for (const [secret, work] of [
    [bad, () => listed(storeWith(bad))],
    [bad, () => storeWith(bad).open(file)],
    [good, () => storeWith(good).open(file)],
  ] as const) {
    const error = await failure(work());
    expect(error).toBeInstanceOf(StorageError);
    expect(String(error)).toContain("(403 ");
    const signature = new URL(secret).searchParams.get("sig") ?? "";
    for (const form of [signature, encodeURIComponent(signature)]) expect(everythingIn(error)).not.toContain(form);
  }
});

test("a container that does not exist is named", async () => {
  const url = `${azurite.url}/missing`;
  const store = createBlobStore({ url, credential: CREDENTIAL }, { TEST_STORAGE: azurite.connectionString });
  const error = await failure(listed(store));
  expect(error).toBeInstanceOf(StorageError);
  expect(String(error)).toContain(`${url}: cannot list (404 ContainerNotFound): create the container, or correct`);
});

test("an account that cannot be reached is named, without its SAS", async () => {
  const url = "http://127.0.0.1:1/devstoreaccount1/exports";
  const store = createBlobStore({ url, credential: CREDENTIAL }, { TEST_STORAGE: "sv=2024-01-01&sig=tops3cret" });
  const error = await failure(listed(store));
  expect(error).toBeInstanceOf(StorageError);
  expect(String(error)).toContain(`${url}: cannot list (ECONNREFUSED): check the account's name and the network`);
  expect(everythingIn(error)).not.toContain("tops3cret");
});

async function containerOf(files: Files): Promise<ContainerClient> {
  const container = service.getContainerClient(`test-${++containerCount}`);
  await container.create();
  for (const [path, contents] of Object.entries(files)) {
    await container.getBlockBlobClient(path).upload(contents, Buffer.byteLength(contents));
  }
  return container;
}

/** A store on the container, or on the same one behind another port. */
function storeOf(container: ContainerClient, baseFolder = "", port?: number): Store {
  const url = new URL(container.url + baseFolder);
  if (port !== undefined) url.port = String(port);
  return createBlobStore({ url: url.href, credential: CREDENTIAL }, { TEST_STORAGE: azurite.connectionString });
}

function clientAt(container: ContainerClient, port: number): ContainerClient {
  const { accountName, credential } = service;
  if (!(credential instanceof StorageSharedKeyCredential)) throw new Error("no shared key");
  const client = new BlobServiceClient(`http://127.0.0.1:${port}/${accountName}`, credential);
  return client.getContainerClient(container.containerName);
}

async function sasFor(container: ContainerClient, permissions: string): Promise<string> {
  return container.generateSasUrl({
    permissions: ContainerSASPermissions.parse(permissions),
    expiresOn: new Date(Date.now() + 3_600_000),
  });
}

async function listed(store: Store, signal?: AbortSignal): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const file of store.list(signal)) files.push(file);
  return files;
}

async function only(store: Store): Promise<StoredFile> {
  const [file] = await listed(store);
  if (file === undefined) throw new Error("the container is empty");
  return file;
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function thrownBy(work: () => unknown): unknown {
  try {
    return void work();
  } catch (error) {
    return error;
  }
}

/** All text that can be reached from an error, hidden properties and maps included, as far as any logger could look. */
function everythingIn(error: unknown): string {
  const texts: string[] = [];
  const seen = new Set<unknown>();
  const visit = (value: unknown) => {
    if (typeof value === "string") texts.push(value);
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (value instanceof Map) for (const entry of value) visit(entry);
    for (const key of Reflect.ownKeys(value)) visit(Reflect.get(value, key));
  };
  visit(error);
  return [inspect(error), ...texts].join("\n");
}

type Proxy = { port: number; connections(): number; open(): number; silences(): number };

/** Stands between the store and Azurite, and lets through each connection the head of an answer and so many bytes. */
async function startProxy(bytesOf: (connection: number) => number, then: "drop" | "silence" = "drop"): Promise<Proxy> {
  const target = Number(new URL(azurite.url).port);
  const sockets = new Set<Socket>();
  let connections = 0;
  let silences = 0;
  const server: Server = createServer((near) => {
    let left = bytesOf(++connections);
    let isHead = true;
    let silent = false;
    const far = connect(target, "127.0.0.1");
    sockets.add(near);
    near.once("close", () => {
      sockets.delete(near);
      far.destroy();
    });
    near.on("error", () => near.destroy());
    far.on("error", () => near.destroy());
    if (then === "drop") far.once("close", () => near.destroy());
    near.pipe(far);
    far.on("data", (chunk) => {
      if (isHead) left += chunk.indexOf("\r\n\r\n") + 4;
      isHead = false;
      const allowed = chunk.subarray(0, left);
      left -= allowed.length;
      // What is let through arrives before the connection drops.
      const flowing = near.write(allowed, () => {
        if (left > 0 || near.destroyed) return;
        if (then === "drop") near.destroy();
        else if (!silent) silences++;
        silent = true;
      });
      if (!flowing) {
        far.pause();
        near.once("drain", () => far.resume());
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    open: () => sockets.size,
    silences: () => silences,
  };
}
