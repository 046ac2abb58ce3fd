import {
  ClickHouseLogLevel,
  createClient,
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
} from "@clickhouse/client";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import { acquireEmbedded, type EmbeddedWarehouse } from "../../clickhouse/embedded/process.ts";
import { isAlive, until } from "./processes.ts";

export type TestWarehouse = EmbeddedWarehouse & {
  readonly dataDir: string;
  readonly client: ClickHouseClient;
};

const PREFIX = "billhouse-test-";

/** Tests with a warehouse of their file's own, empty at its beginning. */
export const test = base.extend<{ prefix: string; warehouse: TestWarehouse }>({
  prefix: [PREFIX, { scope: "file" }],
  warehouse: [
    async ({ prefix }, use) => {
      const dataDir = await aDataDir(prefix);
      const held = await acquireEmbedded({ dataDir });
      const client = aClient(held);
      await use({ ...held, dataDir, client });
      await client.close();
      await held.release();
      await until(() => !isAlive(held.pid));
      await rm(dataDir, { recursive: true });
    },
    { scope: "file" },
  ],
});

/** A fresh directory; the caller removes it. */
export async function aDataDir(prefix = PREFIX): Promise<string> {
  return mkdtemp(join(tmpdir(), prefix));
}

/** A client that does not write what fails on the console. */
export function aClient(
  { url, username, password }: Pick<EmbeddedWarehouse, "url" | "username" | "password">,
  options: ClickHouseClientConfigOptions = {},
): ClickHouseClient {
  return createClient({ url, username, password, log: { level: ClickHouseLogLevel.OFF }, ...options });
}

/** Resident memory of a process in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const [, pages = "0"] = (await readFile(`/proc/${pid}/statm`, "utf8")).split(" ");
  return Number(pages) * 4096;
}

export type CurlAnswer = {
  /** curl's own exit code: 0 unless the transfer itself failed. */
  readonly exitCode: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Runs curl as the warehouse's user; the input is what `--data-binary @-` sends. */
export async function curl(
  { username, password }: Pick<EmbeddedWarehouse, "username" | "password">,
  args: readonly string[],
  input: string | Uint8Array = "",
): Promise<CurlAnswer> {
  return rawCurl(["--user", `${username}:${password}`, ...args], input);
}

/** Runs curl as nobody. */
export async function rawCurl(args: readonly string[], input: string | Uint8Array = ""): Promise<CurlAnswer> {
  const child = spawn("curl", ["--silent", "--include", "--globoff", "--max-time", "60", ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.on("error", () => undefined).end(input);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const exitCode = await new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  const text = Buffer.concat(chunks).toString();
  // "100 Continue" comes before the answer itself.
  const start = text.lastIndexOf("HTTP/1.1 ", text.search(/^HTTP\/1\.1 [2-5]\d\d/m));
  const end = text.indexOf("\r\n\r\n", start);
  const [first = "", ...lines] = text.slice(Math.max(start, 0), end).split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) headers[line.split(":", 1)[0]?.toLowerCase() ?? ""] = line.replace(/^[^:]*: */, "");
  return {
    exitCode,
    status: Number(first.split(" ")[1]),
    headers,
    body: text.slice(end + 4),
  };
}
