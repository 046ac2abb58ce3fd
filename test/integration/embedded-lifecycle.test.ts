import { createClient } from "@clickhouse/client";
import { spawn, type ChildProcess } from "node:child_process";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { expect, test as base } from "vitest";
import { lockPath, readLock, writeLock, type Lock } from "../../clickhouse/embedded/lock.ts";
import { acquireEmbedded, serveEmbedded } from "../../clickhouse/embedded/process.ts";
import { aClient, aDataDir, curl, rawCurl } from "../support/embedded.ts";
import { isAlive, until } from "../support/processes.ts";

const test = base.extend<{ prefix: string; dataDir: string }>({
  prefix: "billhouse-life-",
  dataDir: async ({ prefix }, use) => {
    const dataDir = await aDataDir(prefix);
    await use(dataDir);
    await until(async () => !(await isHeld(dataDir)));
    await rm(dataDir, { recursive: true });
  },
});

/** Whether a process that could write to it has this directory as its own. */
async function isHeld(dataDir: string): Promise<boolean> {
  const lock = await readLock(dataDir);
  return lock !== undefined && isAlive(lock.pid);
}

test("two who ask at the same moment get the same one, and it ends after both let go", async ({ dataDir }) => {
  const held = await Promise.all([acquireEmbedded({ dataDir }), acquireEmbedded({ dataDir }), anotherProcess(dataDir)]);
  const [one, two, other] = held;
  expect(new Set(held.map(({ pid }) => pid)).size).toBe(1);
  expect(new Set(held.map(({ url }) => url)).size).toBe(1);
  await one.release();
  await two.release();
  await aLittleLater();
  expect(isAlive(one.pid)).toBe(true);
  await other.end("SIGTERM");
  await until(() => !isAlive(one.pid));
  expect(await readLock(dataDir)).toBeUndefined();
});

test("it keeps its data, and is the owner's alone", async ({ dataDir }) => {
  const first = await acquireEmbedded({ dataDir });
  expect((await stat(lockPath(dataDir))).mode & 0o777).toBe(0o600);
  expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  await curl(first, [first.url, "--data-binary", "CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a"]);
  await curl(first, [first.url, "--data-binary", "INSERT INTO kept VALUES (1)"]);
  await first.release();
  await until(() => !isAlive(first.pid));
  const second = await acquireEmbedded({ dataDir });
  expect(second.pid).not.toBe(first.pid);
  expect((await curl(second, [second.url, "--data-binary", "SELECT a FROM kept"])).body).toBe("1\n");
  await second.release();
});

test("it goes when the one who started it is killed, unless somebody else holds it", async ({ dataDir }) => {
  const starter = await anotherProcess(dataDir);
  const other = await acquireEmbedded({ dataDir });
  expect(other.pid).toBe(starter.pid);
  await starter.end("SIGKILL");
  await aLittleLater();
  expect((await rawCurl([`${other.url}/ping`])).body).toBe("Ok.\n");
  await other.release();
  await until(() => !isAlive(other.pid));
});

test("Ctrl-C reaches the command, which still has its warehouse to stop cleanly", async ({ dataDir }) => {
  const command = await anotherProcess(dataDir);
  process.kill(-(command.child.pid ?? 0), "SIGINT");
  expect(await command.says("interrupted")).toBe("interrupted, and the warehouse answers 1");
  await until(() => !isAlive(command.pid));
});

const stale: [what: string, (lock: Lock) => Partial<Lock>][] = [
  ["of a process that is gone", () => ({})],
  ["with the process id of somebody else", () => ({ pid: process.pid })],
];
test.for(stale)("a lock file %s is replaced", async ([, change], { dataDir }) => {
  const first = await acquireEmbedded({ dataDir });
  const lock = await readLock(dataDir);
  process.kill(first.pid, "SIGKILL");
  await until(() => !isAlive(first.pid));
  if (lock === undefined) throw new Error("no lock");
  await writeLock(dataDir, { ...lock, ...change(lock) });
  const second = await acquireEmbedded({ dataDir });
  expect(await readLock(dataDir)).toMatchObject({ pid: second.pid });
  expect((await curl(second, [second.url, "--data-binary", "SELECT 1"])).body).toBe("1\n");
  expect(await readdir(lock.pipes).catch(() => "gone")).toBe("gone");
  await second.release();
});

test("a lock file whose port is another program's by now is replaced", async ({ dataDir }) => {
  const server = createServer((_, response) => response.end("Hello\n")).listen(0, "127.0.0.1");
  await until(() => server.listening);
  const { port } = server.address() as AddressInfo;
  const gone = { instance: "x", pid: 1, startedAt: "", username: "x", password: "x", pipes: "/nowhere" };
  await writeLock(dataDir, { ...gone, url: `http://127.0.0.1:${port}` });
  const warehouse = await acquireEmbedded({ dataDir });
  expect((await curl(warehouse, [warehouse.url, "--data-binary", "SELECT 1"])).body).toBe("1\n");
  await warehouse.release();
  server.close();
});

test("a lock file that nobody can read is replaced", async ({ dataDir }) => {
  await writeFile(lockPath(dataDir), "{ not json");
  const warehouse = await acquireEmbedded({ dataDir });
  expect((await readLock(dataDir))?.pid).toBe(warehouse.pid);
  await warehouse.release();
});

test("a second engine cannot open the data, even when the lock file is gone", async ({ dataDir }) => {
  const warehouse = await acquireEmbedded({ dataDir });
  const lock = await readFile(lockPath(dataDir));
  await rm(lockPath(dataDir));
  const second = acquireEmbedded({ dataDir, signal: AbortSignal.timeout(3_000) });
  await expect(second).rejects.toThrow(/timeout/);
  await writeFile(lockPath(dataDir), lock, { mode: 0o600 });
  expect((await curl(warehouse, [warehouse.url, "--data-binary", "SELECT 1"])).body).toBe("1\n");
  await warehouse.release();
});

test("a directory that cannot be used is an error that says so", async ({ dataDir }) => {
  await writeFile(join(dataDir, "data"), "a file where a directory should be");
  await expect(acquireEmbedded({ dataDir })).rejects.toThrow(`${dataDir}: the embedded warehouse could not start`);
});

test("an engine that is killed while it loads can be started again, with whole blocks only", async ({ dataDir }) => {
  const first = await acquireEmbedded({ dataDir });
  const client = aClient(first);
  await client.command({ query: "CREATE TABLE loading (n UInt64) ENGINE = MergeTree ORDER BY n" });
  await client.insert({ table: "loading", values: [{ n: 1 }, { n: 2 }], format: "JSONEachRow" });
  const values = Readable.from(
    (async function* () {
      for (let block = 0; ; block++) yield "3\n".repeat(100_000);
    })(),
    { objectMode: false },
  );
  const load = client.insert({ table: "loading", values, format: "CSV" }).catch((error: unknown) => error);
  await until(
    async () => Number((await curl(first, [first.url, "--data-binary", "SELECT count() > 2 FROM loading"])).body) === 1,
  );
  process.kill(first.pid, "SIGKILL");
  expect(await load).toBeInstanceOf(Error);
  await first.lost;
  await client.close();
  const second = await acquireEmbedded({ dataDir });
  const counts = await curl(second, [
    second.url,
    "--data-binary",
    "SELECT countIf(n < 3), countIf(n = 3) > 0 FROM loading",
  ]);
  expect(counts.body).toBe("2\t1\n");
  await second.release();
});

test("the foreground one is there until it is told to stop, and stops what runs", async ({ dataDir }) => {
  const served = await serveEmbedded({ dataDir, username: "analyst", password: "secret" });
  const analyst = { username: "analyst", password: "secret" };
  expect((await curl(analyst, [served.url, "--data-binary", "SELECT 1"])).body).toBe("1\n");
  await expect(serveEmbedded({ dataDir, password: "x" })).rejects.toThrow("its warehouse is running already");
  const other = await acquireEmbedded({ dataDir });
  expect(other.pid).toBe(served.pid);
  const client = aClient(other);
  const slow = client
    .query({ query: "SELECT sum(sipHash64(number)) FROM numbers(100000000000)" })
    .catch((error: unknown) => error);
  await until(
    async () =>
      (await curl(other, [other.url, "--data-binary", "SELECT count() FROM system.processes"])).body === "2\n",
  );
  await served.close();
  expect(await slow).toBeInstanceOf(Error);
  await Promise.all([served.closed, other.lost]);
  expect(isAlive(served.pid)).toBe(false);
  expect(await readLock(dataDir)).toBeUndefined();
  await client.close();
});

test("others reach it only with a password", async ({ dataDir }) => {
  await expect(serveEmbedded({ dataDir, host: "0.0.0.0", password: "" })).rejects.toThrow("needs a password");
  const served = await serveEmbedded({ dataDir, host: "0.0.0.0", password: "secret" });
  expect(await rawCurl([`${served.url}/?query=SELECT%201`])).toMatchObject({ status: 403 });
  const client = createClient({ url: served.url, password: "secret" });
  expect(await (await client.query({ query: "SELECT 1 AS one", format: "JSONEachRow" })).json()).toEqual([{ one: 1 }]);
  await client.close();
  await served.close();
});

test("its memory has a bound", async ({ dataDir }) => {
  const warehouse = await acquireEmbedded({ dataDir, maxMemoryBytes: 700_000_000 });
  const query = "SELECT length(groupArray(number)) FROM numbers(200000000)";
  const answer = await curl(warehouse, [warehouse.url, "--data-binary", query]);
  expect(answer).toMatchObject({ status: 500, headers: { "x-clickhouse-exception-code": "241" } });
  await warehouse.release();
});

/** A command of its own process and process group that holds the warehouse until it is ended. */
async function anotherProcess(dataDir: string) {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const main = new URL("../support/embedded-holder.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--import", tsx, main, dataDir], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const says = async (what: string) => {
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      if (line.value.startsWith(what)) return line.value;
    }
    throw new Error(`it ended without saying ${what}`);
  };
  const [, pid, url] = (await says("holds")).split(" ");
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await until(() => hasEnded(child));
  };
  return { child, says, end, pid: Number(pid), url: String(url) };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Longer than a warehouse lingers that nobody holds; this waits for something not to happen. */
async function aLittleLater(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}
