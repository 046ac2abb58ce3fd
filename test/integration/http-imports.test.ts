import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { removeSource } from "../../clickhouse/sources.ts";
import { createImports } from "../../src/imports/imports.ts";
import type { Imports } from "../../src/imports/imports.ts";
import { startAzurite } from "../support/azurite.ts";
import type { Azurite } from "../support/azurite.ts";
import { addBlobSource, storageEnv } from "../support/blob-source.ts";
import { aRun } from "../support/exports.ts";
import { startFaultyAzurite } from "../support/faulty-azurite.ts";
import type { FaultyAzurite } from "../support/faulty-azurite.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { startWorker } from "../support/temporal-worker.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import { totalsOf } from "../support/totals.ts";
import { addFolderSource, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine, TestSource } from "../support/warehouse.ts";

let engine: TestEngine;
let warehouse: Warehouse;

beforeAll(async () => {
  engine = await startTestEngine();
  warehouse = await engine.database();
});

afterAll(() => engine.close());

const WAIT = { timeout: 60_000, interval: 20 };
const Started = z.object({ id: z.string(), isNew: z.boolean() });
const Import = z.looseObject({ id: z.string(), state: z.string(), error: z.string().nullable() });

type Client = ReturnType<typeof clientOf>;

function clientOf(service: TestService) {
  const post = (payload: object) => service.send({ method: "POST", url: "/v1/imports", payload });
  const find = async (id: string) => Import.parse((await service.get(`/v1/imports/${id}`)).json());
  return {
    post,
    find,
    async start(payload: object) {
      const answer = await post(payload);
      expect(answer.statusCode).toBe(202);
      return Started.parse(answer.json());
    },
    removeSource: async (name: string) =>
      (await service.send({ method: "DELETE", url: `/v1/sources/${name}` })).statusCode,
    async list() {
      return z.object({ data: z.array(Import) }).parse((await service.get("/v1/imports")).json()).data;
    },
    ended: (id: string) =>
      vi.waitFor(async () => {
        const found = await find(id);
        if (found.state === "running") throw new Error(`${id} still runs`);
        return found;
      }, WAIT),
  };
}

/** A service of a test's own, which starts imports in this process. */
async function serve(env: NodeJS.ProcessEnv = {}): Promise<{ client: Client; imports: Imports }> {
  const imports = await createImports({ env, cwd: tmpdir(), warehouse });
  const service = await createTestService(warehouse, { imports });
  onTestFinished(async () => {
    await service.close();
    await imports.close();
  });
  return { client: clientOf(service), imports };
}

let names = 0;

async function aSource(): Promise<TestSource> {
  const source = await addFolderSource(warehouse, { name: `folder-${++names}` });
  onTestFinished(() => source.remove());
  return source;
}

const actualOf = async (source: string) => (await totalsOf(warehouse, "costs", `source = '${source}'`)).actual;

describe("without Temporal", () => {
  test("an import is started, followed to its end, and its costs are there", async () => {
    const source = await aSource();
    const subscriptionId = "00000000-0000-4000-8000-000000000001";
    const run = aRun({
      dataset: "actual",
      lines: [
        { cost: "0.1", subscriptionId },
        { cost: "1e-25", subscriptionId },
      ],
    });
    await run.writeTo(source.path);
    const { client } = await serve();
    const { id, isNew } = await client.start({ source: source.name });
    expect(isNew).toBe(true);
    expect(await client.ended(id)).toMatchObject({
      id,
      source: source.name,
      state: "done",
      error: null,
      progress: { runs: { total: 1, imported: 1, skipped: 0, failed: 0 }, rows: 2, rejected: 0 },
      report: { source: source.name, runs: [{ runId: run.runId, outcome: "imported", report: { rowsLoaded: 2 } }] },
    });
    expect(await actualOf(source.name)).toBe("0.1000000000000000000000001");

    const again = await client.start({ source: source.name });
    expect(again).toMatchObject({ isNew: true });
    expect(await client.ended(again.id)).toMatchObject({
      state: "done",
      progress: { runs: { imported: 0, skipped: 1 } },
    });
    expect((await client.list()).map((one) => one.id)).toEqual([again.id, id]);
  });

  test("a run that fails makes the import failed, and the others are published", async () => {
    const source = await aSource();
    const subscriptionId = "00000000-0000-4000-8000-000000000002";
    await aRun({ dataset: "actual", lines: [{ cost: "5", subscriptionId }] }).writeTo(source.path);
    const bad = aRun({ dataset: "actual", month: "2026-04", lines: [{ cost: "abc", subscriptionId }] });
    await bad.writeTo(source.path);
    const { client } = await serve();
    const { id } = await client.start({ source: source.name });
    const ended = await client.ended(id);
    expect(ended).toMatchObject({ state: "failed", progress: { runs: { total: 2, imported: 1, failed: 1 } } });
    expect(ended.error).toContain(`${bad.runId}: ${bad.partPaths[0]}:2 (record 1) CostInBillingCurrency`);
    expect(await actualOf(source.name)).toBe("5");
  });

  test("only a month, days, a dataset or a run can be imported", async () => {
    const source = await aSource();
    const runs = [
      aRun({ dataset: "actual", month: "2026-04", lines: [{ cost: "1" }] }),
      aRun({ dataset: "actual", month: "2026-05", lines: [{ cost: "2" }] }),
      aRun({ dataset: "amortized", month: "2026-05", lines: [{ cost: "3" }] }),
      aRun({ dataset: "amortized", month: "2026-06", lines: [{ cost: "4" }] }),
    ];
    for (const run of runs) await run.writeTo(source.path);
    const { client } = await serve();
    const imported = async (what: object) => {
      const { id } = await client.start({ source: source.name, ...what });
      const { report } = await client.ended(id);
      const outcomes = z
        .object({ runs: z.array(z.object({ runId: z.string(), outcome: z.string() })) })
        .parse(report).runs;
      return outcomes.filter(({ outcome }) => outcome === "imported").map(({ runId }) => runId);
    };
    expect(await imported({ month: "2026-04" })).toEqual([runs[0]?.runId]);
    expect(await imported({ from: "2026-05-31", to: "2026-06-01", dataset: "amortized" })).toEqual([runs[2]?.runId]);
    expect(await imported({ runId: runs[1]?.runId })).toEqual([runs[1]?.runId]);
    expect(await imported({ from: "2026-06-01" })).toEqual([runs[3]?.runId]);
    expect(await imported({})).toEqual([]);
    expect(await imported({ month: "2026-04", overwrite: true })).toEqual([runs[0]?.runId]);
  });

  test("what cannot be is refused before anything is started", async () => {
    const source = await aSource();
    const { client } = await serve();
    const refused = async (payload: object, status: number, named: string) => {
      const answer = await client.post(payload);
      expect([answer.statusCode, JSON.stringify(answer.json())]).toEqual([status, expect.stringContaining(named)]);
    };
    const { name } = source;
    await refused({}, 400, "source");
    await refused({ source: name, colour: "red" }, 400, "colour");
    await refused({ source: name, month: "May" }, 400, "month");
    await refused({ source: name, month: "2026-05", from: "2026-05-01" }, 400, "month: give either");
    await refused({ source: name, from: "2026-05-01", to: "2026-05-01" }, 400, "to");
    await refused({ source: name, dataset: "costs" }, 400, "dataset");
    await refused({ source: name, overwrite: "yes" }, 400, "overwrite");
    await refused({ source: "nobody" }, 404, 'There is no source \\"nobody\\"');
    expect(await client.list()).toEqual([]);
  });

  test("a source that cannot be read fails the import and says why", async () => {
    const source = await aSource();
    await source.remove();
    const { client } = await serve();
    const { id } = await client.start({ source: source.name });
    const ended = await client.ended(id);
    expect(ended).toMatchObject({ state: "failed", report: null });
    expect(ended.error).toContain(source.path);
  });

  test("an unknown import is a 404", async () => {
    const { imports } = await serve();
    const service = await createTestService(warehouse, { imports });
    for (const id of ["4711", "contoso~00000000-0000-4000-8000-000000000000"]) {
      const answer = await service.get(`/v1/imports/${id}`);
      expect(answer.statusCode).toBe(404);
      expect(JSON.stringify(answer.json())).toContain("/v1/imports lists the last ones");
    }
    await service.close();
  });
});

describe("from Azure Blob Storage", () => {
  let azurite: Azurite;
  let proxy: FaultyAzurite;

  beforeAll(async () => {
    azurite = await startAzurite();
    proxy = await startFaultyAzurite(azurite, ({ path }) =>
      path.includes("held") && path.includes("part_") ? { kind: "hold", share: 0.5 } : undefined,
    );
  });

  afterAll(async () => {
    await proxy.close();
    await azurite.close();
  });

  test("what is under way is found instead of being started again, and with other options it is refused", async () => {
    const subscriptionId = "00000000-0000-4000-8000-000000000003";
    const sink = await addBlobSource(warehouse, { name: "joined", azurite, url: proxy.url });
    const run = aRun({ dataset: "actual", exportName: "held-first", lines: [{ cost: "7", subscriptionId }] });
    await run.writeTo(sink);
    const { client } = await serve(storageEnv(azurite));
    const first = await client.start({ source: "joined" });
    await vi.waitFor(() => expect(proxy.held()).toEqual(run.partPaths), WAIT);

    expect(await client.start({ source: "joined", overwrite: false })).toEqual({ id: first.id, isNew: false });
    const other = await client.post({ source: "joined", overwrite: true });
    expect(other.statusCode).toBe(409);
    expect(JSON.stringify(other.json())).toContain(`/v1/imports/${first.id}`);
    expect(await client.find(first.id)).toMatchObject({
      state: "running",
      endedAt: null,
      report: null,
      progress: { runs: { total: 1, imported: 0 } },
    });

    for (const path of run.partPaths) proxy.letGo(path);
    expect(await client.ended(first.id)).toMatchObject({ state: "done" });
    expect(await actualOf("joined")).toBe("7");
  });

  test("stopping the service cancels what is under way and waits for it; nothing of it is visible", async () => {
    const subscriptionId = "00000000-0000-4000-8000-000000000004";
    const sink = await addBlobSource(warehouse, { name: "stopped", azurite, url: proxy.url });
    const run = aRun({ dataset: "actual", exportName: "held-second", lines: [{ cost: "9", subscriptionId }] });
    await run.writeTo(sink);
    const { client, imports } = await serve(storageEnv(azurite));
    const { id } = await client.start({ source: "stopped" });
    await vi.waitFor(() => expect(proxy.held()).toEqual(run.partPaths), WAIT);

    await imports.close();
    expect(await client.find(id)).toMatchObject({ state: "canceled", report: null });
    expect(proxy.held()).toEqual([]);
    expect(await actualOf("stopped")).toBe("0");
  });

  test("two sources are imported side by side, a third one waits for its turn", async () => {
    const suppliers = ["one", "two", "three"].map((name, at) => ({
      name: `side-${name}`,
      run: aRun({
        dataset: "actual",
        exportName: `held-${name}`,
        lines: [{ cost: "1", subscriptionId: `00000000-0000-4000-8000-00000000001${at}` }],
      }),
    }));
    for (const { name, run } of suppliers) {
      await run.writeTo(await addBlobSource(warehouse, { name, azurite, url: proxy.url }));
    }
    const { client } = await serve(storageEnv(azurite));
    const ids: string[] = [];
    for (const { name } of suppliers) ids.push((await client.start({ source: name })).id);
    const [one, two, three] = suppliers.map(({ run }) => run.partPaths[0] ?? "");
    const holds = (...paths: readonly (string | undefined)[]) =>
      vi.waitFor(() => expect(new Set(proxy.held())).toEqual(new Set(paths)), WAIT);
    await holds(one, two);
    expect(await client.find(ids[2] ?? "")).toMatchObject({ state: "running", progress: { runs: { total: 0 } } });
    proxy.letGo(one);
    await holds(two, three);
    proxy.letGo(two);
    proxy.letGo(three);
    for (const id of ids) expect(await client.ended(id)).toMatchObject({ state: "done" });
  });
});

describeWithTemporal("with Temporal", (temporal) => {
  test("an import is a workflow, which is found, joined and followed", async () => {
    const source = await aSource();
    const subscriptionId = "00000000-0000-4000-8000-000000000005";
    const run = aRun({ dataset: "actual", lines: [{ cost: "3.5", subscriptionId }] });
    await run.writeTo(source.path);
    const taskQueue = `queue-${source.name}`;
    const { client } = await serve({ ...temporal.env, BILLHOUSE_TASK_QUEUE: taskQueue });

    const first = await client.start({ source: source.name }); // no worker is there yet
    expect(first.isNew).toBe(true);
    expect(await client.find(first.id)).toMatchObject({ state: "running", progress: null, report: null });
    expect(await client.start({ source: source.name })).toEqual({ id: first.id, isNew: false });
    const other = await client.post({ source: source.name, overwrite: true });
    expect(other.statusCode).toBe(409);
    expect(JSON.stringify(other.json())).toContain("with other options");

    const worker = await startWorker(temporal, { warehouse, taskQueue });
    const counts = { total: 1, imported: 1, skipped: 0, failed: 0 };
    expect(await client.ended(first.id)).toMatchObject({
      source: source.name,
      state: "done",
      error: null,
      progress: { runs: counts, rows: 1, rejected: 0 },
      report: { runs: [{ runId: run.runId, outcome: "imported" }] },
    });
    expect(await actualOf(source.name)).toBe("3.5");

    const bad = aRun({ dataset: "actual", month: "2026-04", lines: [{ cost: "abc", subscriptionId }] });
    await bad.writeTo(source.path);
    const second = await client.start({ source: source.name, month: "2026-04", dataset: "actual" });
    const failed = await client.ended(second.id);
    expect(failed).toMatchObject({ state: "failed", progress: { runs: { failed: 1 } } });
    expect(failed.error).toContain(bad.partPaths[0]);
    await vi.waitFor(
      async () => expect((await client.list()).map(({ id }) => id)).toEqual([second.id, first.id]),
      WAIT,
    );

    await removeSource(warehouse, source);
    const unknown = await client.post({ source: source.name });
    expect(unknown.statusCode).toBe(404);
    await worker.stop();
  });

  test("what is canceled or terminated there is told as that", async () => {
    const source = await aSource();
    const taskQueue = `queue-${source.name}`;
    const { client } = await serve({ ...temporal.env, BILLHOUSE_TASK_QUEUE: taskQueue });
    const workflow = temporal.client.workflow.getHandle(`import/${source.name}`);
    const first = await client.start({ source: source.name });
    await workflow.terminate("enough");
    expect(await client.find(first.id)).toMatchObject({ state: "failed", report: null });
    expect((await client.find(first.id)).error).toContain("enough");
    const second = await client.start({ source: source.name });
    await workflow.cancel();
    const worker = await startWorker(temporal, { warehouse, taskQueue });
    expect(await client.ended(second.id)).toMatchObject({ state: "canceled", report: null });
    await worker.stop();
  });

  test("the schedule of a source goes with it", async () => {
    const source = await aSource();
    const { client } = await serve({ ...temporal.env, BILLHOUSE_TASK_QUEUE: "queue" });
    await temporal.client.schedule.create({
      scheduleId: `billhouse/${source.name}`,
      spec: { intervals: [{ every: "1d" }] },
      action: { type: "startWorkflow", workflowType: "importSource", taskQueue: "queue", args: [] },
    });
    const ids = async () => {
      const found: string[] = [];
      for await (const { scheduleId } of temporal.client.schedule.list()) found.push(scheduleId);
      return found;
    };
    await vi.waitFor(async () => expect(await ids()).toEqual([`billhouse/${source.name}`]), WAIT);
    expect(await client.removeSource(source.name)).toBe(204);
    await vi.waitFor(async () => expect(await ids()).toEqual([]), WAIT);
    expect(await client.removeSource(source.name)).toBe(404);
  });
});

test("with an address at which there is no Temporal, imports are a 503 that says what to do", async () => {
  const source = await aSource();
  const { client } = await serve({ TEMPORAL_ADDRESS: "127.0.0.1:1" });
  const answer = await client.post({ source: source.name });
  expect(answer.statusCode).toBe(503);
  expect(JSON.stringify(answer.json())).toContain("cannot be reached");
});
