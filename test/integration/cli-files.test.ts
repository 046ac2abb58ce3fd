import { mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect } from "vitest";
import { blobSink } from "../../src/demo/sink.ts";
import { type Azurite, startAzurite } from "../support/azurite.ts";
import { runInProcess, test } from "../support/cli.ts";
import type { TestCli } from "../support/cli.ts";
import { useOwnTemporary } from "../support/own-temporary.ts";
import { until } from "../support/processes.ts";
import { aRun, exactSum } from "../support/exports.ts";
import type { RenderedRun } from "../support/exports.ts";
import { ndjsonOf } from "../support/ndjson.ts";

const LINES = [{ cost: "0.1" }, { cost: "1e-25" }];
let azurite: Azurite;
let containers = 0;

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

test("a file without a manifest is imported for its month, once, and another one of its name replaces it", async ({
  cli,
}) => {
  await put(cli, "may-actual.csv", aRun({ dataset: "actual", lines: LINES, gzip: false }));
  const args = ["import-file", "--file", "may-actual.csv", "--source-name", "portal", "--month", "2026-05"];
  const first = await cli.run(...args);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("1 run imported, 0 skipped") as string });
  expect(await sum(cli)).toBe("0.1000000000000000000000001");
  expect(await cli.json("publications")).toMatchObject({
    publications: [{ source: "portal", exportName: "may-actual", dataset: "actual", month: "2026-05", rows: 2 }],
  });
  expect((await cli.run(...args)).stdout).toContain("0 runs imported, 1 skipped (1 already imported)");
  expect((await cli.run(...args, "--overwrite")).stdout).toContain("1 run imported");
  await put(cli, "may-actual.csv", aRun({ dataset: "actual", lines: [{ cost: "7" }] }));
  await cli.run(...args);
  expect(await sum(cli)).toBe("7");
});

test("standard input is imported like a file, refused like a file, and kept nowhere", async ({ cli }) => {
  const text = aRun({ dataset: "amortized", lines: LINES, gzip: false }).texts[0] ?? "";
  const args = ["import-file", "-f", "-", "-s", "portal", "-m", "2026-05", "--dataset", "amortized"];
  const spooled = await useOwnTemporary();
  const { code } = await runInProcess(args, { env: cli.env, cwd: cli.dir, stdin: text });
  expect(code).toBe(0);
  const { stdout } = await cli.run("query", "SELECT sum(amortized_cost_in_billing_currency) FROM costs");
  expect(stdout.trim()).toBe("0.1000000000000000000000001");
  const bad = await runInProcess(args, { env: cli.env, cwd: cli.dir, stdin: text.replace("0.1", "abc") });
  expect(bad.code).toBe(1);
  expect(bad.stdout).toMatch(/stdin:2 \(record 1\) \w+: "abc" is not a number/);
  expect(await spooled()).toEqual([]);
});

test("NDJSON is imported like CSV, from a file and from standard input, plain and gzipped", async ({ cli }) => {
  const text = ndjsonOf(aRun({ dataset: "actual", lines: LINES, gzip: false }).texts[0] ?? "");
  await writeFile(join(cli.dir, "may-actual.ndjson.gz"), gzipSync(text));
  const args = ["import-file", "--source-name", "portal", "--month", "2026-05", "--file"];
  expect(await cli.run(...args, "may-actual.ndjson.gz")).toMatchObject({ code: 0 });
  expect(await cli.json("publications")).toMatchObject({ publications: [{ exportName: "may-actual", rows: 2 }] });
  expect(await sum(cli)).toBe("0.1000000000000000000000001");

  const piped = [...args, "-", "--dataset", "actual", "--export-name", "may-actual"];
  const stdin = text.replace('"CostInBillingCurrency":0.1,', '"CostInBillingCurrency":7,');
  const { code } = await runInProcess(piped, { env: cli.env, cwd: cli.dir, stdin });
  expect(code).toBe(0);
  expect(await sum(cli)).toBe("7.0000000000000000000000001");
});

test("standard input that breaks off imports nothing and leaves nothing", async ({ cli }) => {
  const spooled = await useOwnTemporary();
  const stdin = Readable.from(
    (async function* () {
      yield "Date,CostInBillingCurrency\n";
      throw new Error("the pipe broke");
    })(),
  );
  const args = ["import-file", "-f", "-", "-s", "portal", "-m", "2026-05", "--dataset", "actual"];
  const { code, stderr } = await runInProcess(args, { env: cli.env, stdin });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("standard input") as string });
  expect(await spooled()).toEqual([]);
});

test("with a manifest the run is the same as from a source: id, export, days, rows", async ({ cli }) => {
  const run = aRun({ dataset: "actual", parts: 2, lines: LINES });
  const [manifest, one, two] = await putAll(cli, run);
  const args = ["import-file", "--manifest", manifest, "-s", "contoso", "-f", one];
  const half = await cli.run(...args);
  expect(half.code).toBe(2);
  expect(half.stderr).toMatch(/1 of its 2 blobs are not given: part_1_0001\.csv\.gz\..*whole or not at all/);
  const whole = await cli.run(...args, "-f", two);
  expect(whole.code).toBe(0);
  expect(await sum(cli)).toBe(exactSum(run.texts, "CostInBillingCurrency"));
  expect(await cli.json("reconcile")).toMatchObject({
    runs: [{ runId: run.runId, exportName: "daily-actual", declared: { parts: 2, rows: 2 }, differences: [] }],
  });
  // The source that delivers it by itself knows it.
  await run.writeTo(join(cli.dir, "exports"));
  await cli.run("sources", "add", "contoso", "--path", "exports");
  expect((await cli.run("import")).stdout).toContain("1 skipped (1 already imported)");
});

test("a file that is not what the manifest says is refused, and its reject limit is the source's", async ({ cli }) => {
  const run = aRun({ dataset: "actual", lines: [{ cost: "1" }, { cost: "abc" }] });
  const [manifest, part] = await putAll(cli, run);
  const other = await put(cli, "other.csv.gz", aRun({ dataset: "actual", lines: [] }));
  const args = ["import-file", "--manifest", manifest, "-s", "contoso"];
  expect((await cli.run(...args, "-f", other)).stderr).toMatch(/says \d+ bytes for .*part_0_0001.*, which has \d+/);
  expect((await cli.run(...args, "-f", part, "-f", other)).stderr).toContain("names no such blob");
  expect((await cli.run(...args, "-f", part)).stdout).toContain("cannot be used, the source allows 0");
  await cli.run("sources", "add", "contoso", "--path", "exports", "--reject-limit", "1");
  expect((await cli.run(...args, "-f", part)).code).toBe(0);
  expect(await sum(cli)).toBe("1");
});

test("download copies a source so that the copy is a source itself, with the same totals", async ({ cli }) => {
  const may = aRun({ dataset: "actual", parts: 2, lines: LINES });
  const april = aRun({ dataset: "focus", month: "2026-04", lines: [{ cost: "5" }] });
  const { env } = await addContainer(cli, "daily", may, april);
  const run = (...argv: string[]) => runInProcess(argv, { env, cwd: cli.dir });
  const args = ["download", "--source-name", "contoso", "--output-dir", "copy"];

  const listed = await run(...args, "--list-only");
  expect(listed.stdout).toMatch(/5 files to download \([\d.]+ kB\)\.\n$/);
  expect(await filesBelow(cli.dir)).toEqual([]);
  expect((await run(...args, "--skip-csv", "--month", "2026-04")).stdout).toMatch(/1 file downloaded/);
  expect(await filesBelow(cli.dir)).toEqual([`copy/daily/${april.manifestPath}`]);
  const { code, stdout } = await run(...args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/4 files downloaded \(.*\), 1 file already there \(.*\)\.\n$/);
  for (const [path, bytes] of [...may.files, ...april.files]) {
    expect((await readFile(join(cli.dir, "copy/daily", path))).equals(bytes)).toBe(true);
  }
  expect((await filesBelow(cli.dir)).filter((path) => path.includes(".part"))).toEqual([]);
  expect((await run(...args)).stdout).toMatch(/\n5 files already there \(.*\)\.\n$/);

  await cli.run("sources", "add", "copy", "--path", "copy");
  await cli.run("import", "--source-name", "copy");
  expect(await sum(cli)).toBe("5.1000000000000000000000001");
});

test("a file that was damaged after it was downloaded is fetched again", async ({ cli }) => {
  const run = aRun({ dataset: "actual", lines: LINES });
  const { env } = await addContainer(cli, "daily", run);
  const args = ["download", "-s", "contoso", "-o", "copy", "--json"];
  await runInProcess(args, { env, cwd: cli.dir });
  const part = join(cli.dir, "copy/daily", run.partPaths[0] ?? "");
  const bytes = await readFile(part);
  await writeFile(part, Buffer.alloc(bytes.length));
  const again = JSON.parse((await runInProcess(args, { env, cwd: cli.dir })).stdout) as {
    files: { outcome: string }[];
  };
  expect(again.files.map(({ outcome }) => outcome)).toEqual(["downloaded", "already there"]);
  expect((await readFile(part)).equals(bytes)).toBe(true);
});

test("Ctrl-C leaves a download that the same command completes", async ({ cli }) => {
  const path = "daily/20260501-20260531/daily_2f0e3a52-9c51-4a6c-b9ad-3c1f7f0e9a11.csv";
  await mkdir(join(cli.dir, "stored", dirname(path)), { recursive: true });
  await writeFile(join(cli.dir, "stored", path), "");
  await truncate(join(cli.dir, "stored", path), 200_000_000);
  await cli.run("sources", "add", "stored", "--path", "stored");
  const args = ["download", "-s", "stored", "-o", "copy"];
  const interrupt = { pressed: () => undefined as void, exits: [] };
  const stopped = runInProcess(args, { env: cli.env, cwd: cli.dir, interrupt });
  await until(async () => (await sizeOf(join(cli.dir, "copy", `${path}.part`))) > 0);
  interrupt.pressed();
  const { code, stderr } = await stopped;
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("Download again to go on") as string });
  expect(await sizeOf(join(cli.dir, "copy", path))).toBe(0);
  expect((await cli.run(...args)).stdout).toMatch(/1 file continued \(200\.0 MB\)\.\n$/);
  expect(await sizeOf(join(cli.dir, "copy", path))).toBe(200_000_000);
});

test("an older manifest's contentMD5 is held against the file", async ({ cli }) => {
  const run = aRun({ dataset: "actual", lines: LINES }).withManifest((manifest) => ({
    ...manifest,
    blobs: manifest.blobs.map((blob) => ({ ...blob, contentMD5: Buffer.alloc(16, 7).toString("base64") })),
  }));
  const { env } = await addContainer(cli, "daily", run);
  const { code, stdout } = await runInProcess(["download", "-s", "contoso", "-o", "copy"], { env, cwd: cli.dir });
  expect(code).toBe(1);
  expect(stdout).toContain("but the manifest says 07070707070707070707070707070707");
  expect(stdout).toMatch(/1 file failed/);
  expect(await filesBelow(join(cli.dir, "copy"))).toEqual([]);
});

/** Puts the first part of a run at a path of the test's directory. */
async function put(cli: TestCli, name: string, run: RenderedRun): Promise<string> {
  await writeFile(join(cli.dir, name), [...run.files.values()][0] ?? "");
  return name;
}

/** Puts the files of a run flat into the test's directory; gives their names, the manifest first. */
async function putAll(cli: TestCli, run: RenderedRun): Promise<[string, string, string]> {
  const names: string[] = [];
  for (const [path, bytes] of run.files) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    await writeFile(join(cli.dir, name), bytes);
    names.unshift(name);
  }
  const [manifest = "", ...parts] = names;
  return [manifest, parts.at(-1) ?? "", parts.at(-2) ?? ""];
}

/** A source named contoso in a container of its own, and the environment that opens it. */
async function addContainer(
  cli: TestCli,
  folder: string,
  ...runs: readonly RenderedRun[]
): Promise<{ env: NodeJS.ProcessEnv }> {
  const container = `download-${++containers}`;
  const sink = await blobSink(azurite.connectionString, container);
  for (const run of runs) {
    for (const [path, bytes] of run.files) await sink.put(`${folder}/${path}`, bytes);
  }
  const url = `${azurite.url}/${container}/${folder}`;
  await cli.run("sources", "add", "contoso", "--url", url, "--credential", "env:CONTOSO");
  return { env: { ...cli.env, CONTOSO: azurite.connectionString } };
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

async function sum(cli: TestCli): Promise<string> {
  const { stdout } = await cli.run("query", "SELECT sum(cost_in_billing_currency) FROM costs");
  return stdout.trim();
}
