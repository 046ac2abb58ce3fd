import { execFile } from "node:child_process";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createWarehouse } from "../../clickhouse/client.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { acquireEmbedded } from "../../clickhouse/embedded/process.ts";
import { migrate } from "../../clickhouse/migrate.ts";
import { isAlive, until } from "../support/processes.ts";
import { aRun } from "../support/exports.ts";
import { aFile, failureOf, openInbox, outcomeOf } from "../support/imports.ts";
import { later } from "../support/small-file.ts";
import { COST_VIEWS } from "../support/totals.ts";
import { importAll } from "../support/warehouse.ts";

const execute = promisify(execFile);
const MEGABYTE = 1024 * 1024;
const HEADER = "Date,Cost,BillingCurrency,ResourceName,ServiceInfo1,ServiceInfo2,AdditionalInfo";
/** Rows that neither compress well nor repeat. */
const ROWS = Array.from({ length: 60_000 }, (_, at) => {
  const text = (seed: number) => ((at + 1) * 2_654_435_761 * seed).toString(36).repeat(8);
  return `2026-05-01,${at}.25,USD,${text(1)},${text(2)},${text(3)},${text(5)}`;
});
const TOTAL = String((60_000 * 59_999) / 2 + 15_000); // the numbers from 0 on, and a quarter each
const FILE = [HEADER, ...ROWS, ""].join("\n");

test("a load for which there is no memory says so, shows nothing, and goes through where there is some", async () => {
  const { warehouse, close } = await openEngine(await aDirectory());
  const inbox = await openInbox(warehouse);
  onTestFinished(() => inbox.source.remove());
  const large = aFile(FILE, { exportName: "large" });
  // A quote that is never closed makes one field of all that follows: there the file is to blame, not the memory.
  const open = aFile(`${HEADER}\n2026-05-01,1,USD,"${"x".repeat(60 * MEGABYTE)}`, { exportName: "open", gzip: false });
  for (const run of [large, open]) await run.writeTo(inbox.source.path);
  const report = await importAll(withLittleMemory(warehouse), inbox.source.name);
  const { name, message } = failureOf(report, large);
  expect(name).toBe("WarehouseError");
  expect(message.slice(0, 200)).toContain(`${large.partPaths[0]}: ClickHouse at 127.0.0.1:`);
  expect(message).toMatch(
    /maximum: 15.00 MiB.*\(code 241 MEMORY_LIMIT_EXCEEDED\)\. The warehouse has no memory left /s,
  );
  expect(message).toMatch(/ for it: give it more, or do less at once, then try again\.$/);
  expect(failureOf(report, open).message).toMatch(
    /:2 \(record 1\) ResourceName: a quote is opened and not closed within 16 MB: /,
  );
  expect(await visibleRows(warehouse)).toEqual(COST_VIEWS.map(() => 0));

  expect(outcomeOf(await inbox.deliver(), large)).toMatchObject({
    outcome: "imported",
    report: { rowsLoaded: ROWS.length, totals: [{ billing_currency: "USD", actual: TOTAL }] },
  });
  await close();
});

test("on a full disk a load says so, shows nothing, and goes through when there is room", async ({ skip }) => {
  const dataDir = await aDirectory();
  const isMounted = await execute("mount", ["-t", "tmpfs", "-o", "size=600m", "tmpfs", dataDir]).then(
    () => true,
    () => false,
  );
  if (!isMounted) skip("A DISK OF A TEST'S OWN CANNOT BE MADE HERE: mounting one needs root.");
  onTestFinished(async () => void (await execute("umount", ["--lazy", dataDir])));
  const { warehouse, close } = await openEngine(dataDir);
  const inbox = await openInbox(warehouse);
  onTestFinished(() => inbox.source.remove());
  const first = aRun({ dataset: "actual", lines: [{ cost: "1", currency: "EUR" }] });
  await inbox.deliver(first);

  const filler = join(dataDir, "filler");
  const { bavail, bsize } = await statfs(dataDir);
  await writeFile(filler, Buffer.alloc(bavail * bsize - 6 * MEGABYTE));
  const large = aFile(FILE, later(first));
  const { name, message } = failureOf(await inbox.deliver(large), large);
  expect(name).toBe("WarehouseError");
  expect(message).toContain(`${large.partPaths[0]}: ClickHouse at 127.0.0.1:`);
  expect(message).toMatch(/not enough space.* The warehouse's disk is full: free some space, then try again\.$/s);
  expect(await visibleRows(warehouse)).toEqual(COST_VIEWS.map(() => 1));

  await writeFile(filler, Buffer.alloc(6 * MEGABYTE), { flag: "a" }).catch(() => undefined); // now nothing can be written
  await expect(inbox.deliver()).rejects.toThrow("The warehouse's disk is full: free some space, then try again.");
  expect(await visibleRows(warehouse)).toEqual(COST_VIEWS.map(() => 1));

  await rm(filler);
  expect(outcomeOf(await inbox.deliver(), large)).toMatchObject({
    outcome: "imported",
    report: { rowsLoaded: ROWS.length, totals: [{ billing_currency: "USD", actual: TOTAL }] },
  });
  await close();
});

/** The same warehouse, in which no load may take more than 15 MB. */
function withLittleMemory(warehouse: Warehouse): Warehouse {
  return {
    ...warehouse,
    load: (sql, body, parameters, settings, signal) =>
      warehouse.load(sql, body, parameters, { ...settings, max_memory_usage: String(15 * MEGABYTE) }, signal),
  };
}

/** Lines that the views show; the rollups tell how many they have put together. */
async function visibleRows(warehouse: Warehouse): Promise<number[]> {
  const counts: number[] = [];
  for (const view of COST_VIEWS) {
    const expression = view === "costs" ? "count()" : "sum(entries)";
    const rows = await warehouse.rows(`SELECT ${expression} AS found FROM ${view}`);
    counts.push(z.tuple([z.object({ found: z.coerce.number() })]).parse(rows)[0].found);
  }
  return counts;
}

async function aDirectory(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "billhouse-test-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

async function openEngine(dataDir: string) {
  const engine = await acquireEmbedded({ dataDir });
  const warehouse = createWarehouse({ ...engine, database: "billhouse" });
  await migrate(warehouse);
  const close = async () => {
    await warehouse.close();
    await engine.release();
    await until(() => !isAlive(engine.pid));
  };
  return { warehouse, close };
}
