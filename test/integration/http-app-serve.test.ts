import { request as httpRequest } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base } from "vitest";
import { readLock } from "../../clickhouse/embedded/lock.ts";
import { runInProcess, spawnCli, test as cliTest } from "../support/cli.ts";
import type { SpawnedCli } from "../support/cli.ts";
import { isAlive, until } from "../support/processes.ts";

type Program = {
  readonly dir: string;
  /** Starts it and waits until its API answers. */
  readonly start: (argv: readonly string[], env?: NodeJS.ProcessEnv) => Promise<{ program: SpawnedCli; url: string }>;
};

const test = base.extend<{ program: Program }>({
  program: async ({ task }, use) => {
    const dir = await mkdtemp(join(tmpdir(), `billhouse-serve-${task.id}-`));
    const started: SpawnedCli[] = [];
    await use({
      dir,
      async start(argv, env = {}) {
        const program = spawnCli(argv, { cwd: dir, env });
        started.push(program);
        await expect.poll(() => program.soFar().stdout, { timeout: 60_000 }).toContain("The API answers at");
        const url = /The API answers at (http:\/\/127\.0\.0\.1:\d+)\./.exec(program.soFar().stdout)?.[1] ?? "";
        return { program, url };
      },
    });
    for (const program of started) program.signal("SIGKILL"); // only a failed test leaves any
    const lock = await readLock(join(dir, ".billhouse"));
    if (lock !== undefined) await until(() => !isAlive(lock.pid));
    await rm(dir, { recursive: true, force: true });
  },
});

test("start runs warehouse and API; a token is made beside it, and Ctrl-C ends both", async ({
  program: { dir, start },
}) => {
  const { program, url } = await start(["start", "--port", "0", "--warehouse-port", "0"]);
  expect(program.soFar().stdout).toMatch(/^The warehouse answers at http:\/\/127\.0\.0\.1:\d+ /);
  await until(() => program.soFar().stderr.includes("There is no token yet: `billhouse token create"));
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect((await fetch(`${url}/metrics`)).status).toBe(401);

  const made = await spawnCli(["token", "create", "--name", "dashboard", "--scope", "read"], { cwd: dir }).result;
  const headers = { authorization: `Token ${made.stdout.trim()}` };
  expect((await fetch(`${url}/metrics`, { headers })).status).toBe(200);
  expect((await fetch(`${url}/v1/sources`, { headers, method: "POST" })).status).toBe(403);

  program.signal("SIGINT");
  const { code, stderr } = await program.result;
  expect([code, stderr]).toEqual([0, expect.stringContaining("The API has stopped.\nThe warehouse has stopped.\n")]);
  expect(stderr).not.toContain(made.stdout.trim());
});

test("a service that stops is not ready, ends what was begun and takes nothing new", async ({ program: { start } }) => {
  const { program, url } = await start(["serve", "--port", "0"], { API_AUTH_DISABLED: "true" });
  expect(program.soFar().stderr).toContain("API_AUTH_DISABLED: no token is asked for.");
  // A body that is still being sent holds a request open for as long as the test likes.
  const held = httpRequest(`${url}/v1/costs`, { method: "POST", headers: { "content-type": "application/json" } });
  const answered = new Promise<number>((resolve, reject) => {
    held.on("response", (answer) => resolve(answer.resume().statusCode ?? 0)).on("error", reject);
  });
  held.write("{");
  await until(async () => /^billhouse_http_requests_running 2$/m.test(await (await fetch(`${url}/metrics`)).text()));

  program.signal("SIGTERM");
  await until(() => program.soFar().stderr.includes("stopping: requests that are under way are answered"));
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([503, { checks: { service: { message: "is stopping" } } }]);
  const refused = await fetch(`${url}/v1/dimensions`);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);

  held.end('"no such parameter":1}');
  expect(await answered).toBe(400);
  expect((await program.result).code).toBe(0);
});

test("requests that take too long after Ctrl-C are broken off", async ({ program: { start } }) => {
  const env = { API_AUTH_DISABLED: "true", BILLHOUSE_API_DRAIN_SECONDS: "1" };
  const { program, url } = await start(["serve", "--port", "0"], env);
  const held = httpRequest(`${url}/v1/costs`, { method: "POST", headers: { "content-type": "application/json" } });
  const broken = new Promise((resolve) => held.once("error", resolve));
  held.write("{");
  await until(async () => /^billhouse_http_requests_running 2$/m.test(await (await fetch(`${url}/metrics`)).text()));
  program.signal("SIGTERM");
  expect((await program.result).code).toBe(0);
  await broken;
  expect(program.soFar().stderr).toContain("requests took too long and are broken off");
});

test("the second Ctrl-C ends at once", async ({ program: { start } }) => {
  const { program, url } = await start(["serve", "--port", "0"], { API_AUTH_DISABLED: "true" });
  const held = httpRequest(`${url}/v1/costs`, { method: "POST", headers: { "content-type": "application/json" } });
  held.on("error", () => undefined).write("{");
  await until(async () => /^billhouse_http_requests_running 2$/m.test(await (await fetch(`${url}/metrics`)).text()));
  program.signal("SIGINT");
  const repeat = setInterval(() => program.signal("SIGINT"), 100);
  expect((await program.result).code).toBe(1);
  clearInterval(repeat);
});

test("when the worker cannot work, or the warehouse has ended, all of it ends and says why", async ({
  program: { dir, start },
}) => {
  const nobody = { TEMPORAL_ADDRESS: "127.0.0.1:1" };
  const alone = spawnCli(["start", "--port", "0", "--warehouse-port", "0"], { cwd: dir, env: nobody });
  const { code, stderr } = await alone.result;
  expect([code, stderr]).toEqual([1, expect.stringContaining("billhouse: Temporal at 127.0.0.1:1 cannot be reached")]);

  const { program } = await start(["start", "--port", "0", "--warehouse-port", "0"]);
  const lock = await readLock(join(dir, ".billhouse"));
  process.kill(lock?.pid ?? 0, "SIGKILL");
  const ended = await program.result;
  expect([ended.code, ended.stderr]).toEqual([
    1,
    expect.stringContaining("the warehouse has ended. Its file warehouse.log"),
  ]);
});

cliTest("a port that is taken is said so", async ({ cli }) => {
  const taken = createServer().listen(0, "127.0.0.1");
  await until(() => taken.listening);
  const { port } = taken.address() as AddressInfo;
  const { code, stderr } = await cli.run("serve", "--port", String(port));
  taken.close();
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(`127.0.0.1:${port}: is in use. Choose another address with --host and --port.`),
  ]);
});

cliTest("tokens are made, listed without keys, and revoked", async ({ cli }) => {
  expect((await cli.run("token", "list")).stdout).toBe(
    "There are no tokens yet. `billhouse token create --name NAME --scope read` makes one.\n",
  );
  const made = await cli.run("token", "create", "--name", "dashboard", "--scope", "read", "--expires", "90d");
  expect(made.code).toBe(0);
  expect(made.stdout).toMatch(/^bh_[\w-]{43}\n$/);
  expect(made.stderr).toMatch(
    /^This is the key of dashboard \(read, until 20\d\d-\d\d-\d\d \d\d:\d\d UTC\)\. It is not kept and cannot be shown again\.\n$/,
  );
  expect((await cli.run("token", "create", "--name", "dashboard", "--scope", "admin")).code).toBe(2);

  const listed = await cli.json("token", "list");
  expect(listed).toMatchObject({ tokens: [{ name: "dashboard", scope: "read", state: "active", usedAt: null }] });
  expect(JSON.stringify(listed)).not.toMatch(/digest|sha256|bh_/);
  expect((await cli.run("token", "list")).stdout).toMatch(
    /^name +scope +state +created +expires +last used\ndashboard +read +active /,
  );

  expect((await cli.run("token", "revoke", "dashboard")).stdout).toBe(
    "Revoked dashboard (1 token). Services that run refuse it within a few seconds.\n",
  );
  expect(await cli.json("token", "list")).toMatchObject({ tokens: [{ state: "revoked" }] });
  const again = await cli.run("token", "revoke", "dashboard");
  expect([again.code, again.stderr]).toEqual([
    2,
    'billhouse: There is no token "dashboard" to revoke. `billhouse token list` has them all.\n',
  ]);
});

cliTest("scopes and time spans that are none are refused before anything is asked", async () => {
  for (const [argv, message] of [
    [["token", "create", "--name", "a", "--scope", "root"], "Allowed choices are read, write, admin."],
    [["token", "create", "--name", "a", "--scope", "read", "--expires", "soon"], "expected a time span like 90s"],
    [["token", "create", "--scope", "read"], "required option '--name <name>' not specified"],
    [["serve", "--port", "99999"], "Expected a whole number from 0 to 65535."],
  ] as const) {
    const { code, stderr } = await runInProcess(argv);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  }
});

cliTest.for([
  [{ BILLHOUSE_API_PORT: "http" }, "BILLHOUSE_API_PORT: expected a whole number, such as 8080"],
  [{ BILLHOUSE_API_CORS_ORIGINS: "example" }, "BILLHOUSE_API_CORS_ORIGINS: expected origins with commas between them"],
  [{ API_AUTH_DISABLED: "perhaps" }, "API_AUTH_DISABLED: expected true or false"],
] as const)("a variable that is wrong is named: %s", async ([env, message]) => {
  const { code, stderr } = await runInProcess(["serve"], { env });
  expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
});
