import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MODULE = 'import { text } from "./text.ts";\nconst said: string = text;\nprocess.stdout.write(said);\n';
/** Says which processes it still has after some seconds, or that there is none as soon as that is so. */
const WAITS_FOR_CHILDREN = `import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
const left = () => readFileSync("/proc/self/task/" + process.pid + "/children", "utf8");
const deadline = Date.now() + 3000;
while (left() !== "" && Date.now() < deadline) await setImmediate();
process.stdout.write("left: " + left());
`;

test("what has changed is translated by whoever starts next, and what went away is gone", async () => {
  const { start, write, remove, at } = await aProject();
  expect(await start()).toBe("one");
  await write("src/text.ts", 'export const text = "two" satisfies string;\n');
  await write("clickhouse/migrations/0001_b.sql", "SELECT 2");
  await remove("clickhouse/migrations/0001_a.sql");
  expect(await start()).toBe("two");
  expect(existsSync(at("dist/clickhouse/migrations/0001_a.sql"))).toBe(false);
  expect(await readFile(at("dist/clickhouse/migrations/0001_b.sql"), "utf8")).toBe("SELECT 2");
});

test("nothing is translated when nothing has changed", async () => {
  const { start, at } = await aProject();
  await start();
  const before = await stat(at("dist/src/cli.js"));
  await start();
  expect((await stat(at("dist/src/cli.js"))).ino).toBe(before.ino);
});

test("the translator does not stay with the program", async () => {
  const { start, write } = await aProject();
  await write("src/cli.ts", WAITS_FOR_CHILDREN);
  expect(await start()).toBe("left: ");
});

test("several that start at once all run", async () => {
  const { start } = await aProject();
  expect(await Promise.all([start(), start(), start()])).toEqual(["one", "one", "one"]);
});

test("what cannot be translated is said with what to do", async () => {
  const { start, write } = await aProject();
  await write("src/text.ts", "export const text = ;\n");
  await expect(start()).rejects.toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/src\/text\.ts:1:20: ERROR: Unexpected ";"[^]*Run: node bin\/build\.js\n$/) as string,
  });
});

test("a package without sources runs what it brought", async () => {
  const { start, remove, at } = await aProject();
  await start();
  await Promise.all([remove("src"), remove("clickhouse"), chmod(at("dist"), 0o500)]);
  expect(await start()).toBe("one");
});

/** A folder with the two programs of bin/ and sources of a few lines. */
async function aProject() {
  const folder = await mkdtemp(join(tmpdir(), "billhouse-build-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const at = (path: string) => join(folder, path);
  await cp(join(ROOT, "bin"), at("bin"), { recursive: true });
  await symlink(join(ROOT, "node_modules"), at("node_modules"));
  await mkdir(at("src"));
  await mkdir(at("clickhouse/migrations"), { recursive: true });
  const write = (path: string, content: string) => writeFile(at(path), content);
  await write("package.json", '{ "type": "module" }');
  await write("src/cli.ts", MODULE);
  await write("src/text.ts", 'export const text = "one" satisfies string;\n');
  await write("clickhouse/migrations/0001_a.sql", "SELECT 1");
  const run = promisify(execFile);
  return {
    at,
    write,
    remove: (path: string) => rm(at(path), { recursive: true }),
    start: async () => (await run(process.execPath, [at("bin/billhouse.js")])).stdout,
  };
}
