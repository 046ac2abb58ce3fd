import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import type { Warehouse } from "../../clickhouse/client.ts";
import { createRandom } from "../../src/demo/random.ts";
import { importId, TASK_QUEUE } from "../../src/domain/workflow-names.ts";
import { startAzurite } from "../support/azurite.ts";
import type { Azurite } from "../support/azurite.ts";
import { addBlobSource, storageEnv } from "../support/blob-source.ts";
import { aRun } from "../support/exports.ts";
import type { RenderedRun } from "../support/exports.ts";
import { startFaultyAzurite } from "../support/faulty-azurite.ts";
import { countRunningLoads, listAttempts } from "../support/loads.ts";
import { later } from "../support/small-file.ts";
import { describeWithTemporal } from "../support/temporal.ts";
import { spawnWorker } from "../support/temporal-worker.ts";
import type { SpawnedWorker } from "../support/temporal-worker.ts";
import { COST_VIEWS } from "../support/totals.ts";
import { importAll, startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";
import { warehouseEnv } from "../support/warehouse-env.ts";

const KILLS = 10;
const WORKERS = 2;
const SOURCES = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"];
/** The rows of the parts of a run, and of the first source's: of that the engine writes a part in two blocks. */
const PART_ROWS = [4000, 3000, 2000, 2000, 1000];
const LARGE_PART_ROWS = [130_000, 3000, 130_000, 2000, 1000];
/** Parts that come in undisturbed before the last kill. All others wait for it, so that there is somebody to be killed. */
const UNDISTURBED = 10;
const ELDER_TOTAL = "7";
const PATIENCE = { timeout: 60_000, interval: 25 };

let azurite: Azurite;
let engine: TestEngine;

beforeAll(async () => {
  [azurite, engine] = await Promise.all([startAzurite(), startTestEngine()]);
});
afterAll(async () => {
  await Promise.all([azurite.close(), engine.close()]);
});

describeWithTemporal("two workers, one of which is killed with -9 ten times in mid-load", (temporal) => {
  test(
    "bring every run in exactly, and nobody ever sees a part of one, or one twice",
    { timeout: 300_000 },
    async () => {
      const seed = process.env["BILLHOUSE_TEST_SEED"] ?? randomUUID();
      process.stderr.write(`The kills are those of BILLHOUSE_TEST_SEED=${seed}\n`);
      const random = createRandom(seed);
      for (const [name, value] of Object.entries(storageEnv(azurite))) vi.stubEnv(name, value);
      onTestFinished(() => void vi.unstubAllEnvs());

      let killsLeft = 0;
      let passed = 0;
      const storage = await startFaultyAzurite(azurite, ({ path }) => {
        if (killsLeft === 0 || !path.endsWith(".csv.gz")) return undefined;
        // Two of them at a time wait to be killed, at any point; beside them the others are at any of their steps.
        const isDisturbed = storage.held().length < 2 || passed >= UNDISTURBED;
        if (!isDisturbed) passed++;
        return isDisturbed ? { kind: "hold", share: random.below(1000) / 1000 } : undefined;
      });
      onTestFinished(() => storage.close());
      const warehouse = await engine.database();
      const env = { ...warehouseEnv(warehouse), ...storageEnv(azurite), BILLHOUSE_WORKER_SLOTS: "4" };
      const [crew, totals] = await Promise.all([
        hire(() => spawnWorker(temporal, env)),
        deliverEverything(warehouse, storage.url),
      ]);
      killsLeft = KILLS;
      onTestFinished(crew.dismiss);
      const reader = startReader(warehouse);
      onTestFinished(() => reader.stop());
      const imports = await Promise.all(
        SOURCES.map((source) =>
          temporal.client.workflow.start("importSource", {
            taskQueue: TASK_QUEUE,
            workflowId: importId(source),
            args: [{ source }],
          }),
        ),
      );

      const killed: string[] = [];
      let insertsCut = 0;
      for (; killsLeft > 0; killsLeft--) {
        const victim = await vi.waitFor(() => {
          const path = random.pick(storage.held());
          return { path, worker: crew.workerAt(path) };
        }, PATIENCE);
        expect((await listAttempts(warehouse)).get(victim.path)?.at(-1)).toBe("started");
        insertsCut += await countRunningLoads(warehouse);
        await crew.replace(victim.worker);
        killed.push(victim.path);
      }
      expect(insertsCut).toBeGreaterThan(0);
      storage.letGo();

      for (const handle of imports) {
        expect(await handle.result()).toMatchObject({ problems: [], runs: [{ outcome: "imported" }, {}] });
      }
      await reader.stop();
      expect(reader.seen()).toEqual(new Map([...totals].map(([source, total]) => [source, [ELDER_TOTAL, total]])));
      expect(await countRows(warehouse)).toEqual(
        SOURCES.map((source, index) => ({ source, entries: sumOf(rowsOf(index)), loads: rowsOf(index).length })),
      );
      const attempts = await listAttempts(warehouse);
      for (const path of killed) expect(attempts.get(path)).toEqual(expect.arrayContaining(["started", "loaded"]));
      expect([...attempts.values()].flat().filter((state) => state === "started").length).toBeGreaterThanOrEqual(KILLS);
    },
  );
});

/** Gives every source a run that answers already, and one of several parts that is to follow it; and the latter's totals. */
async function deliverEverything(warehouse: Warehouse, url: string): Promise<Map<string, string>> {
  const delivered = SOURCES.map(async (name, index): Promise<[string, string]> => {
    const sink = await addBlobSource(warehouse, { name, azurite, url });
    const subscriptionId = `0000000${index}-0000-4000-8000-000000000000`; // each its own: none silences another
    const elder = aRun({ dataset: "actual", exportName: name, lines: [{ cost: ELDER_TOTAL, subscriptionId }] });
    await elder.writeTo(sink);
    await importAll(warehouse, name);
    const { run, total } = aFollower(elder, rowsOf(index), subscriptionId);
    await run.writeTo(sink);
    return [name, total];
  });
  return new Map(await Promise.all(delivered));
}

/** The run after another one; no two of its parts, nor any sum of them, cost the same. */
function aFollower(elder: RenderedRun, partRows: readonly number[], subscriptionId: string) {
  let run = aRun({ dataset: "actual", lines: [], parts: partRows.length, ...later(elder) });
  let cents = 0;
  for (const [index, rows] of partRows.entries()) {
    const cost = 1001 + 10 ** index;
    const line = `05/01/2026,${cost / 100},USD,${subscriptionId},vm-${index}\n`;
    const text = `Date,CostInBillingCurrency,BillingCurrencyCode,SubscriptionId,ResourceName\n${line.repeat(rows)}`;
    run = run.withPart(index, gzipSync(text));
    cents += cost * rows;
  }
  run = run.withManifest(({ blobs, ...manifest }) => ({
    ...manifest,
    dataRowCount: sumOf(partRows),
    blobs: blobs.map((blob, index) => ({ ...blob, dataRowCount: partRows[index] })),
  }));
  return { run, total: String(cents / 100) };
}

function rowsOf(source: number): readonly number[] {
  return source === 0 ? LARGE_PART_ROWS : PART_ROWS;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** The workers at work. */
async function hire(spawn: () => Promise<SpawnedWorker>) {
  const crew = new Set(await Promise.all(Array.from({ length: WORKERS }, spawn)));
  return {
    /** Who loads a part; throws when nobody does. */
    workerAt(path: string): SpawnedWorker {
      const found = [...crew].find((worker) => worker.log().includes(path));
      if (found === undefined) throw new Error(`Nobody is at ${path}`);
      return found;
    },
    /** Kills one, and sets another one to work in its place at once. */
    async replace(worker: SpawnedWorker): Promise<void> {
      crew.delete(worker);
      await worker.kill();
      crew.add(await spawn());
    },
    dismiss: async () => void (await Promise.all([...crew].map((worker) => worker.kill()))),
  };
}

/** Asks for the totals of every source in every view, again and again, and keeps what they said one after another. */
function startReader(warehouse: Warehouse) {
  const Totals = z.array(z.object({ source: z.string(), total: z.string() }));
  const views = COST_VIEWS.map(
    (view) => `SELECT '${view}' AS view, source, cost_in_billing_currency AS cost FROM ${view}`,
  );
  // One question, so one moment for all views: where they agree there is one line for a source.
  const sql = `SELECT DISTINCT source, total FROM (
    SELECT view, source, toString(sum(cost)) AS total FROM (${views.join(" UNION ALL ")}) GROUP BY view, source)`;
  const seen = new Map<string, string[]>();
  const over = new AbortController();
  const read = async () => {
    for (let isLast = false; !isLast;) {
      isLast = over.signal.aborted; // one more look after the end: an answer under way may be of the time before it
      const said = new Map<string, string[]>();
      for (const { source, total } of Totals.parse(await warehouse.rows(sql))) {
        said.set(source, [...(said.get(source) ?? []), total]);
      }
      for (const [source, totals] of said) {
        const text = totals.toSorted().join(" and ");
        const before = seen.get(source) ?? [];
        if (before.at(-1) !== text) seen.set(source, [...before, text]);
      }
      if (!isLast) await sleep(50); // the processors are for the workers
    }
  };
  const reading = read();
  reading.catch(() => undefined); // `stop` tells
  return {
    seen: () => seen,
    async stop(): Promise<void> {
      over.abort();
      await reading;
    },
  };
}

async function countRows(warehouse: Warehouse) {
  const rows = await warehouse.rows(
    "SELECT source, count() AS entries, uniqExact(load_id) AS loads FROM costs GROUP BY source ORDER BY source",
  );
  return z.array(z.object({ source: z.string(), entries: z.coerce.number(), loads: z.coerce.number() })).parse(rows);
}
