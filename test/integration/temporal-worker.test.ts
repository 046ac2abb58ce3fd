import { Client } from "@temporalio/client";
import { msToTs } from "@temporalio/common/lib/time.js";
import { describe, expect } from "vitest";
import { importId, SEARCH_ATTRIBUTES } from "../../src/domain/workflow-names.ts";
import { readVersion } from "../../src/version.ts";
import { freePort } from "../../tools/temporal/free-port.ts";
import { spawnCli, test } from "../support/cli.ts";
import type { TestCli, TestEngine } from "../support/cli.ts";
import { until } from "../support/processes.ts";
import { aRun } from "../support/exports.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import type { TemporalServer } from "../support/temporal.ts";
import { spawnWorker } from "../support/temporal-worker.ts";

describeWithTemporal("billhouse worker", (temporal) => {
  test("registers what is searched by, imports, tells Prometheus, and ends on SIGTERM", async ({ cli, engine }) => {
    const port = await freePort();
    const env = { ...envOf(cli, engine), BILLHOUSE_METRICS_ADDRESS: `127.0.0.1:${port}` };
    const namespace = await aNamespace(temporal, "of-its-own");
    const worker = await spawnWorker(temporal, { ...env, TEMPORAL_NAMESPACE: namespace });
    try {
      const known = await temporal.client.connection.operatorService.listSearchAttributes({ namespace });
      for (const name of Object.values(SEARCH_ATTRIBUTES)) expect(known.customAttributes).toHaveProperty(name);

      await deliver(cli);
      await startIn(temporal, namespace);
      const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      await until(async () => (await metrics()).includes("billhouse_publications_total"));
      const lines = (await metrics()).split("\n");
      const valueOf = (name: string) =>
        Number(
          lines
            .find((line) => line.startsWith(name))
            ?.split(" ")
            .at(-1),
        );
      expect(valueOf("billhouse_rows_loaded_total")).toBe(2);
      expect(valueOf("billhouse_rows_rejected_total")).toBe(0);
      expect(valueOf('billhouse_loads_total{source="contoso",state="loaded"')).toBe(1);
      expect(valueOf("billhouse_publications_total")).toBe(1);
      expect(valueOf("billhouse_bytes_read_total")).toBeGreaterThan(100);
      expect(valueOf("billhouse_process_memory_bytes")).toBeGreaterThan(50e6);
      expect(valueOf("temporal_worker_start")).toBe(1);
    } finally {
      expect(await worker.stop()).toBe(0);
    }
    expect(worker.log()).toMatch(/"msg":"worker stopped"/);
  });

  test("works as one version of a deployment, once that is the current one", async ({ cli, engine }) => {
    const namespace = await aNamespace(temporal, "versioned");
    const env = { ...envOf(cli, engine), TEMPORAL_NAMESPACE: namespace, BILLHOUSE_WORKER_VERSIONING: "1" };
    const worker = await spawnWorker(temporal, env);
    try {
      await deliver(cli);
      const deployment = { namespace, deploymentName: "billhouse", buildId: readVersion() };
      await until(() =>
        temporal.client.workflowService.setWorkerDeploymentCurrentVersion(deployment).then(
          () => true,
          () => false, // it is known when the worker has asked for work
        ),
      );
      const handle = await startIn(temporal, namespace);
      const { workflowExecutionInfo } = (await handle.describe()).raw;
      expect(workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId).toBe(readVersion());
    } finally {
      await worker.stop();
    }
  });
});

describe("a worker that cannot begin says why", () => {
  test("where no server is named", async () => {
    const { code, stderr } = await spawnCli(["worker"]).result;
    expect(stderr).toBe(
      "billhouse: TEMPORAL_ADDRESS: not set. Set it to the server's address, such as localhost:7233.\n",
    );
    expect(code).toBe(1);
  });

  test("where nobody answers", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { code, stderr } = await spawnCli(["worker"], { env: { TEMPORAL_ADDRESS: address } }).result;
    expect(stderr).toMatch(new RegExp(`^billhouse: Temporal at ${address} cannot be reached: .*npm run temporal`));
    expect(code).toBe(1);
  });
});

/** The warehouse of a test, as a process of its own reaches it. */
function envOf({ env }: TestCli, { server }: TestEngine): NodeJS.ProcessEnv {
  return { ...server, CLICKHOUSE_DATABASE: env["CLICKHOUSE_DATABASE"] };
}

async function deliver(cli: TestCli): Promise<void> {
  await aRun({ dataset: "actual", lines: [{ cost: "1" }, { cost: "2" }] }).writeTo(`${cli.dir}/exports`);
  expect(await cli.run("sources", "add", "contoso", "--path", "exports")).toMatchObject({ code: 0 });
}

async function startIn({ client }: TemporalServer, namespace: string) {
  const { workflow } = new Client({ connection: client.connection, namespace });
  const options = { taskQueue: "billhouse", workflowId: importId("contoso"), args: [{ source: "contoso" }] };
  const handle = await workflow.start("importSource", options);
  expect(await handle.result()).toMatchObject({ runs: [{ outcome: "imported" }] });
  return handle;
}

async function aNamespace({ client }: TemporalServer, namespace: string): Promise<string> {
  const workflowExecutionRetentionPeriod = msToTs("1 day");
  await client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  await until(() =>
    client.workflowService.countWorkflowExecutions({ namespace, query: "" }).then(
      () => true,
      () => false, // namespaces are known everywhere after a moment
    ),
  );
  return namespace;
}
