import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base } from "vitest";
import { ConfigurationError } from "../../src/domain/errors.ts";
import { findTemporal, NoTemporalError, temporalVersion } from "../../tools/temporal/program.ts";
import { until } from "../support/processes.ts";

// A `go` that "builds" a copy of itself, and notes each time that it is asked to.
const GO = `#!/bin/sh
echo "$PWD $CGO_ENABLED" >> "$BUILDS"
while [ "$1" != -o ]; do shift; done
/bin/cp "$0" "$2"
`;

type Machine = {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly notes: string[];
  /** Puts a program into a folder of this machine. */
  put(path: string, text?: string): Promise<string>;
  kept(): Promise<string[]>;
  find(options?: Partial<Parameters<typeof findTemporal>[0]>): ReturnType<typeof findTemporal>;
};

const test = base.extend<{ prefix: string; machine: Machine }>({
  prefix: "billhouse-test-",
  machine: async ({ prefix }, use) => {
    const folder = await mkdtemp(join(tmpdir(), prefix));
    const cache = join(folder, "cache", "billhouse");
    const env = { PATH: join(folder, "bin"), XDG_CACHE_HOME: join(folder, "cache"), BUILDS: join(folder, "builds") };
    const notes: string[] = [];
    await mkdir(cache, { recursive: true });
    await mkdir(env.PATH);
    await use({
      folder,
      env,
      notes,
      async put(path, text = "#!/bin/sh\n") {
        await writeFile(join(folder, path), text, { mode: 0o755 });
        return join(folder, path);
      },
      kept: () => readdir(cache),
      find: (options) =>
        findTemporal({
          env,
          note: (text) => notes.push(text),
          download: () => Promise.reject(new Error("no network")),
          ...options,
        }),
    });
    await rm(folder, { recursive: true });
  },
});

const KEPT = `temporal-${temporalVersion()}`;

test("TEMPORAL_CLI goes before what is in PATH, which goes before what is kept", async ({ machine }) => {
  const kept = await machine.put(`cache/billhouse/${KEPT}`);
  expect(await machine.find()).toEqual({ path: kept, from: "cache" });
  const installed = await machine.put("bin/temporal");
  expect(await machine.find()).toEqual({ path: installed, from: "PATH" });
  const named = await machine.put("mine");
  expect(await machine.find({ env: { ...machine.env, TEMPORAL_CLI: named } })).toEqual({
    path: named,
    from: "TEMPORAL_CLI",
  });
  expect(machine.notes).toEqual([]);
});

test("a TEMPORAL_CLI that is no program is refused, whatever else there is", async ({ machine }) => {
  await machine.put("bin/temporal");
  const env = { ...machine.env, TEMPORAL_CLI: machine.folder };
  const refused = machine.find({ env });
  await expect(refused).rejects.toThrow(ConfigurationError);
  await expect(refused).rejects.toThrow(`TEMPORAL_CLI: ${machine.folder} is no program`);
  await expect(refused).rejects.not.toThrow(NoTemporalError);
});

test("several that need it at once get one build, without CGO, in the folder of the Go module", async ({ machine }) => {
  await machine.put("bin/go", GO);
  const found = await Promise.all([machine.find(), machine.find(), machine.find()]);
  const path = join(machine.folder, "cache/billhouse", KEPT);
  expect(found).toEqual([1, 2, 3].map(() => ({ path, from: "build" })));
  const module = join(import.meta.dirname, "../../tools/temporal");
  expect(await readFile(join(machine.folder, "builds"), "utf8")).toBe(`${module} 0\n`);
  expect(await machine.kept()).toEqual([KEPT]);
  expect(machine.notes.join("\n")).toMatch(
    /takes two to three minutes[^]*Built in 0\.\d s, and kept in .*cache\/billhouse/,
  );
});

test("a lock whose process is dead holds nobody up", async ({ machine }) => {
  await machine.put("bin/go", GO);
  await machine.put(`cache/billhouse/${KEPT}.lock`, "4194305"); // Linux gives no such number
  expect(await machine.find()).toMatchObject({ from: "build" });
  expect(await machine.kept()).toEqual([KEPT]);
});

test("without Go it is downloaded", async ({ machine }) => {
  const download = (folder: string) => Promise.resolve(join(folder, "downloaded"));
  const path = join(machine.folder, "cache/billhouse/downloaded");
  expect(await machine.find({ download })).toEqual({ path, from: "download" });
});

test("where nothing works the error says what was tried, with Go's last words, and what to do", async ({ machine }) => {
  const lines = Array.from({ length: 30 }, (_, index) => `echo "line ${index + 1}" >&2`).join("\n");
  await machine.put("bin/go", `#!/bin/sh\n${lines}\nexit 3\n`);
  const failed = machine.find();
  await expect(failed).rejects.toThrow(NoTemporalError);
  await expect(failed).rejects.toThrow(
    /Building it: go build ended with code 3; its last lines:\nline 16\n[^]*line 30\.\nDownloading it: no network\.\nInstall Go/,
  );
  expect(await machine.kept()).toEqual([]);
});

test("a build that is broken off leaves nothing behind, and nothing is downloaded in its place", async ({
  machine,
}) => {
  await machine.put("bin/go", `#!/bin/sh\n: > "$BUILDS"\nexec /bin/sleep 60\n`);
  const stop = new AbortController();
  const finding = machine.find({ signal: stop.signal });
  await until(async () => (await readdir(machine.folder)).includes("builds"));
  stop.abort();
  await expect(finding).rejects.toThrow("This operation was aborted");
  expect(await machine.kept()).toEqual([]);
});
