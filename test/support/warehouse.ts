import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createActivities } from "../../activities/activities.ts";
import { createWarehouse } from "../../clickhouse/client.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { saveSource } from "../../clickhouse/sources.ts";
import { SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { FolderSource, Source } from "../../src/domain/source.ts";
import { createProcessHost } from "../../src/process-host.ts";
import { openExtractor, openStore } from "../../src/sources/open-store.ts";
import type { Store } from "../../src/sources/store.ts";
import { importSource } from "../../workflows/import-source.ts";
import type { ImportSourceInput, SourceReport } from "../../workflows/import-source.ts";
import { startEngine } from "./engine.ts";

/** A real engine with its own data directory, and as many fresh databases as a test file wants. */
export type TestEngine = {
  /** A migrated database of its own. */
  database(): Promise<Warehouse>;
  close(): Promise<void>;
};

/** Starts an engine for one test file. */
export async function startTestEngine(): Promise<TestEngine> {
  const engine = await startEngine("billhouse-test-");
  const open: Warehouse[] = [];
  return {
    async database() {
      const { url, username, password } = engine;
      const warehouse = createWarehouse({ url, username, password, database: await engine.addDatabase() });
      open.push(warehouse);
      return warehouse;
    },
    async close() {
      await Promise.all(open.map((warehouse) => warehouse.close()));
      await engine.close();
    },
  };
}

/** A folder source with exports of its own, already known to the warehouse. */
export type TestSource = FolderSource & { remove(): Promise<void> };

/** Adds a folder source on an empty directory. */
export async function addFolderSource(
  warehouse: Warehouse,
  settings: Partial<Omit<FolderSource, "kind" | "path">> = {},
): Promise<TestSource> {
  const path = await mkdtemp(join(tmpdir(), "billhouse-exports-"));
  const source: FolderSource = { ...SOURCE_DEFAULTS, name: "contoso", ...settings, kind: "folder", path };
  await saveSource(warehouse, source);
  return { ...source, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Imports a source as the command does, in this process; a test may stand in the way of its files. */
export async function importAll(
  warehouse: Warehouse,
  source: string,
  options: Partial<Omit<ImportSourceInput, "source">> = {},
  open: (source: Source) => Store = (found) => openStore(found, process.env),
): Promise<SourceReport> {
  const { signal } = new AbortController();
  const activities = createActivities({
    warehouse,
    openStore: open,
    openExtractor: (found) => openExtractor(found, process.env),
    signal,
    onProgress: () => undefined,
  });
  return importSource(createProcessHost({ activities, signal }), {
    source,
    overwrite: false,
    dryRun: false,
    ...options,
  });
}
