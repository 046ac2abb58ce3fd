import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { spawnCli } from "../support/cli.ts";
import { describeWithTemporal } from "../support/temporal.ts";

describeWithTemporal("billhouse start, with Temporal", (temporal) => {
  test("warehouse, API and worker run side by side, and one Ctrl-C ends all three", async () => {
    const dir = await mkdtemp(join(tmpdir(), "billhouse-start-"));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const env = { ...temporal.env, API_AUTH_DISABLED: "true" };
    const program = spawnCli(["start", "--port", "0", "--warehouse-port", "0"], { cwd: dir, env });
    onTestFinished(() => program.signal("SIGKILL"));
    await expect.poll(() => program.soFar().stderr, { timeout: 100_000 }).toContain('"msg":"worker started"');
    await expect.poll(() => program.soFar().stdout, { timeout: 100_000 }).toContain("The API answers at");
    const url = /The API answers at (http:\/\/127\.0\.0\.1:\d+)\./.exec(program.soFar().stdout)?.[1] ?? "";
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    program.signal("SIGINT");
    const { code, stderr } = await program.result;
    expect(code).toBe(0);
    expect(stderr).toContain('"msg":"worker stopped"');
    expect(stderr).toMatch(/The API has stopped\.\n[^]*The warehouse has stopped\.\n$/);
  });
});
