import { WorkflowNotFoundError } from "@temporalio/client";
import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SEARCH_ATTRIBUTES } from "../../src/domain/workflow-names.ts";
import { freePort, isPortFree } from "../../tools/temporal/free-port.ts";
import { until } from "../support/processes.ts";
import type { noOp } from "../support/temporal-no-op.ts";
import { describeWithTemporal } from "../support/temporal.ts";

const KEYWORD = 2;

describeWithTemporal("a Temporal server for tests", (temporal) => {
  const start = (workflowId: string) =>
    temporal.client.workflow.start<typeof noOp>("noOp", { taskQueue: "no-op", workflowId, args: ["hello"] });

  test("runs a workflow", async () => {
    Runtime.install({ logger: new DefaultLogger("ERROR") });
    const connection = await NativeConnection.connect({ address: temporal.address });
    const worker = await Worker.create({
      connection,
      namespace: temporal.namespace,
      taskQueue: "no-op",
      workflowsPath: fileURLToPath(new URL("../support/temporal-no-op.ts", import.meta.url)),
    });
    const handle = await start("one");
    const answer = await worker.runUntil(handle.result());
    await connection.close();
    expect(answer).toBe("hello");
  });

  test("knows what Billhouse's workflows are searched by", async () => {
    const { namespace } = temporal;
    const { customAttributes } = await temporal.client.connection.operatorService.listSearchAttributes({ namespace });
    for (const name of Object.values(SEARCH_ATTRIBUTES)) expect(customAttributes).toHaveProperty(name, KEYWORD);
  });

  test.each(["stop", "kill"] as const)("is there again after a %s, with all it knew", async (end) => {
    const { address } = temporal;
    const before = await start(`over a ${end}`);
    await temporal[end]();
    expect(await isPortFree(Number(address.split(":")[1]))).toBe(true);
    await temporal.start();
    expect(temporal.address).toBe(address);
    const { runId } = await temporal.client.workflow.getHandle(`over a ${end}`).describe();
    expect(runId).toBe(before.firstExecutionRunId);
  });

  test("knows nothing of other servers' workflows", async () => {
    await expect(temporal.client.workflow.getHandle("nobody started this").describe()).rejects.toThrow(
      WorkflowNotFoundError,
    );
  });

  test("is what `npm run temporal` gives, which says how to go on and ends it at Ctrl-C", async () => {
    const { port, folder, script } = await startScript();
    const said = await textUntil(script.stdout, /workflow list/);
    expect(said).toContain(`export TEMPORAL_ADDRESS=127.0.0.1:${port}\n`);
    const ui = /http:\S+/.exec(said)?.[0] ?? "";
    expect((await fetch(ui)).status).toBe(200);
    expect(await readdir(join(folder, ".billhouse"))).toContain("temporal.db");
    script.kill("SIGINT");
    script.kill("SIGINT"); // as npm does, which passes on what the terminal has sent already
    expect(await once(script, "exit")).toEqual([0, null]);
    expect(await isPortFree(port)).toBe(true);
    await rm(folder, { recursive: true });
  });

  test("is not started on a port that is in use", async () => {
    const used = Number(temporal.address.split(":")[1]);
    const { folder, script } = await startScript(used);
    const said = await textUntil(script.stderr, /\n$/);
    expect(said).toMatch(
      new RegExp(`^--port ${used}: the port is in use. .* npm run temporal -- --port ${used + 1}\n$`),
    );
    expect(script.exitCode ?? (await once(script, "exit"))[0]).toBe(1);
    await rm(folder, { recursive: true });
  });

  test("ends with the process that started it, also when that is killed", async () => {
    const holder = spawn(
      process.execPath,
      ["--import", "tsx", fileURLToPath(new URL("../support/temporal-holder.ts", import.meta.url))],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    const [line] = (await once(holder.stdout, "data")) as [Buffer];
    const port = Number(line.toString());
    expect(await isPortFree(port)).toBe(false);
    holder.kill("SIGKILL");
    await until(() => isPortFree(port));
  });
});

/** `npm run temporal` in an empty folder. */
async function startScript(at?: number) {
  const port = at ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), "billhouse-test-"));
  const main = fileURLToPath(new URL("../../tools/temporal/main.ts", import.meta.url));
  const { BILLHOUSE_DATA_DIR: _, ...env } = process.env;
  const ports = ["--port", String(port), "--ui-port", String(await freePort())];
  const script = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), main, ...ports], {
    cwd: folder,
    env,
  });
  return { port, folder, script };
}

/** What a stream has said once it has said something. */
async function textUntil(stream: Readable, pattern: RegExp): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    text += String(chunk);
    if (pattern.test(text)) return text;
  }
  throw new Error(`Ended with: ${text}`);
}
