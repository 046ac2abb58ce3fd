import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWarehouse } from "../../clickhouse/client.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { acquireEmbedded, type EmbeddedWarehouse } from "../../clickhouse/embedded/process.ts";
import { migrate } from "../../clickhouse/migrate.ts";
import { createEstate } from "../../src/demo/estate.ts";
import { folderSink } from "../../src/demo/sink.ts";
import { writeExport } from "../../src/demo/write-export.ts";
import { daysOfMonth, parseMonth } from "../../src/domain/month.ts";
import type { SourceReport } from "../../workflows/import-source.ts";
import { isAlive, until } from "../support/processes.ts";
import { countRows, exactSum, textOf } from "../support/exports.ts";
import { agreedTotals, COST_VIEWS } from "../support/totals.ts";
import { addFolderSource, importAll } from "../support/warehouse.ts";

const ROWS = 20_000;
const DATABASES = { importer: "importer_killed", warehouse: "warehouse_killed" };

let dataDir: string;
let engine: EmbeddedWarehouse;
let first: Delivered;
let second: Delivered;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "billhouse-test-"));
  engine = await acquireEmbedded({ dataDir });
  first = await aDelivery(1);
  second = await aDelivery(2);
});

afterAll(async () => {
  await engine.release();
  await until(() => !isAlive(engine.pid));
  for (const folder of [dataDir, first.path, second.path]) await rm(folder, { recursive: true });
});

test(
  "an importing process that is killed at any moment leaves nothing visible half, and the next import is exact",
  { timeout: 300_000 },
  async () => {
    const warehouse = createWarehouse({ ...engine, database: DATABASES.importer });
    await migrate(warehouse);
    const source = await addFolderSource(warehouse);
    try {
      await cp(first.path, source.path, { recursive: true });
      const begun = Date.now();
      expect(await importInProcess(warehouse, new Promise(() => undefined))).toBe(0);
      const duration = Date.now() - begun;
      await expectExactly(warehouse, first);

      await cp(second.path, source.path, { recursive: true });
      await importInProcess(warehouse, loadsHold(warehouse, 1));
      expect((await agreedTotals(warehouse)).actual).toBe(first.cost);
      for (const part of [0.5, 0.7, 0.9]) {
        await importInProcess(warehouse, sleep(duration * (part + Math.random() * 0.2)));
        expect([first.cost, second.cost]).toContain((await agreedTotals(warehouse)).actual);
      }
      expect((await outcomesOf(importAll(warehouse, "contoso")))[1]).toBe("skipped");
      await expectExactly(warehouse, second);
      expect(await outcomesOf(importAll(warehouse, "contoso"))).toEqual(["skipped", "skipped"]);
    } finally {
      await warehouse.close();
      await source.remove();
    }
  },
);

test(
  "a warehouse that is killed while a run is loaded shows what it showed before, and the next import is exact",
  { timeout: 300_000 },
  async () => {
    let warehouse = createWarehouse({ ...engine, database: DATABASES.warehouse });
    await migrate(warehouse);
    const source = await addFolderSource(warehouse);
    try {
      await cp(first.path, source.path, { recursive: true });
      expect(await outcomesOf(importAll(warehouse, "contoso"))).toEqual(["imported"]);
      await cp(second.path, source.path, { recursive: true });
      for (const rows of [1, ROWS / 2]) {
        const importing = outcomesOf(importAll(warehouse, "contoso"));
        await loadsHold(warehouse, rows);
        process.kill(engine.pid, "SIGKILL");
        const [outcome] = await importing;
        expect(outcome).toMatch(/did not finish ".+": .+\. Check that it runs and can be reached\.$/s);
        await warehouse.close();
        await engine.release();
        engine = await acquireEmbedded({ dataDir });
        warehouse = createWarehouse({ ...engine, database: DATABASES.warehouse });
        expect((await agreedTotals(warehouse)).actual).toBe(first.cost);
      }
      expect(await outcomesOf(importAll(warehouse, "contoso"))).toEqual(["imported", "skipped"]);
      await expectExactly(warehouse, second);
    } finally {
      await warehouse.close();
      await source.remove();
    }
  },
);

type Delivered = { readonly path: string; readonly cost: string; readonly rowCount: number };

/** A run of generated charges in a folder of its own, and its sum from the files' text. */
async function aDelivery(number: number): Promise<Delivered> {
  const path = await mkdtemp(join(tmpdir(), "billhouse-exports-"));
  const { parts } = await writeExport(folderSink(path), {
    estate: createEstate({ seed: "crash", agreement: "ea", currency: "EUR", subscriptions: 5, resources: 300 }),
    columns: "ea-2023-12-01-preview",
    dataset: "actual",
    days: daysOfMonth(parseMonth("2026-05")),
    rows: ROWS + number * 1000,
    parts: 2,
    gzip: true,
    level: 1,
    bom: false,
    eol: "\n",
    exportName: "daily",
    runId: `${number}0000000-0000-4000-8000-000000000000`,
    submittedAt: `2026-06-0${number}T04:00:00.0000000Z`,
    layout: "create-new",
    rootFolder: "exports",
  });
  const texts = await Promise.all(parts.map(async (part) => textOf(await readFile(join(path, part.path)))));
  return { path, cost: exactSum(texts, "CostInBillingCurrency"), rowCount: countRows(texts) };
}

/** Imports in another process and kills it when `moment` has come; gives its exit code, null when it was killed. */
async function importInProcess({ address }: Warehouse, moment: Promise<unknown>): Promise<number | null> {
  const script = fileURLToPath(new URL("../support/importing-process.ts", import.meta.url));
  const args = ["--import", "tsx", script, JSON.stringify(address), "contoso"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const exit = once(child, "exit") as Promise<[number | null]>;
  await Promise.race([exit, moment]);
  child.kill("SIGKILL");
  return (await exit)[0];
}

/** What came of each run, or why the import itself failed. */
async function outcomesOf(importing: Promise<SourceReport>): Promise<string[]> {
  return importing.then(
    ({ runs }) => runs.map((run) => (run.outcome === "failed" ? run.error : run.outcome)),
    (error: unknown) => [String(error)],
  );
}

/** Waits until loads that nobody sees hold so many rows. */
async function loadsHold(warehouse: Warehouse, count: number): Promise<void> {
  const before = await hiddenRows(warehouse);
  await until(async () => (await hiddenRows(warehouse)) >= before + count);
}

async function hiddenRows(warehouse: Warehouse): Promise<number> {
  const rows = await warehouse.rows(
    "SELECT count() AS hidden FROM cost_entries WHERE load_id NOT IN (SELECT load_id FROM current_loads)",
  );
  return Number((rows as { hidden: string }[])[0]?.hidden);
}

async function expectExactly(warehouse: Warehouse, { cost, rowCount }: Delivered): Promise<void> {
  expect((await agreedTotals(warehouse)).actual).toBe(cost);
  for (const view of COST_VIEWS) {
    const entries = view === "costs" ? "count()" : "sum(entries)";
    const rows = await warehouse.rows(`SELECT ${entries} AS entries, uniqExact(load_id) AS loads FROM ${view}`);
    expect(rows).toEqual([{ entries: String(rowCount), loads: "2" }]);
  }
}
