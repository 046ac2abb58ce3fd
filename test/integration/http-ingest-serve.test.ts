import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readLock } from "../../clickhouse/embedded/lock.ts";
import { spawnCli } from "../support/cli.ts";
import { isAlive, until } from "../support/processes.ts";

const HEADER = "Date,Cost,BillingCurrency\n";
const ROW = "05/01/2026,1,EUR\n";

test("a service that stops publishes what comes to its end in time, and breaks off the rest", async () => {
  const dir = await mkdtemp(join(tmpdir(), "billhouse-serve-push-"));
  const env = { API_AUTH_DISABLED: "true", BILLHOUSE_API_DRAIN_SECONDS: "3" };
  const program = spawnCli(["serve", "--port", "0"], { cwd: dir, env });
  onTestFinished(async () => {
    program.signal("SIGKILL"); // only a failed test leaves it
    const lock = await readLock(join(dir, ".billhouse"));
    if (lock !== undefined) await until(() => !isAlive(lock.pid));
    await rm(dir, { recursive: true, force: true });
  });
  await expect.poll(() => program.soFar().stdout, { timeout: 60_000 }).toContain("The API answers at");
  const url = /The API answers at (http:\/\/127\.0\.0\.1:\d+)\./.exec(program.soFar().stdout)?.[1] ?? "";
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ name: "portal", kind: "push" });
  expect((await fetch(`${url}/v1/sources`, { method: "POST", headers, body })).status).toBe(201);

  const begin = (month: string) => {
    const path = `${url}/v1/ingest/portal?run_id=one&billing_month=${month}&dataset=actual`;
    const sending = request(path, { method: "POST", headers: { "content-type": "text/csv" } });
    const answer = new Promise<number | string>((resolve) => {
      sending.on("response", (response) => resolve(response.resume().statusCode ?? 0));
      sending.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    });
    sending.write(HEADER + ROW);
    return { sending, answer };
  };
  const finished = begin("2026-05");
  const endless = begin("2026-04");
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  await until(async () => /^billhouse_http_files_running 2$/m.test(await metrics()));
  program.signal("SIGTERM");
  await until(() => program.soFar().stderr.includes("stopping: requests that are under way are answered"));
  finished.sending.end(ROW);
  expect(await finished.answer).toBe(201);
  expect(await endless.answer).toBe("ECONNRESET");
  expect((await program.result).code).toBe(0);

  const asked = ["query", "SELECT billing_month, sum(cost_in_billing_currency) FROM costs GROUP BY 1 FORMAT CSV"];
  expect((await spawnCli(asked, { cwd: dir }).result).stdout.trim()).toMatch(/^"2026-05-01",2$/);
  const states = ["query", "SELECT state, error FROM source_attempts FINAL ORDER BY state FORMAT CSV"];
  expect((await spawnCli(states, { cwd: dir }).result).stdout.trim()).toBe(
    '"canceled","body: The sender has left. Nothing was published. Send the file again."\n"done",""',
  );
});
