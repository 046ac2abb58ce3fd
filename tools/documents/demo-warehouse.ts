import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWarehouse, type Warehouse } from "../../clickhouse/client.ts";
import { serveEmbedded } from "../../clickhouse/embedded/process.ts";
import type { Context } from "../../src/context.ts";
import { importDeliveries } from "../../src/demo/import-deliveries.ts";

/** A warehouse of its own with the demo's two months, imported as the commands do it. */
export type DemoWarehouse = {
  readonly warehouse: Warehouse;
  /** Where its files lie. */
  readonly directory: string;
  readonly close: () => Promise<void>;
};

const LOGIN = { username: "analyst", password: "secret" } as const;
const DATABASE = "billhouse";

/** Starts it and imports; without a number of rows per day and export, as many as documents show. */
export async function openDemoWarehouse(rowsPerDay?: number): Promise<DemoWarehouse> {
  const directory = await mkdtemp(join(tmpdir(), "billhouse-documents-"));
  const dataDir = join(directory, "data");
  const served = await serveEmbedded({ dataDir, ...LOGIN });
  const warehouse = createWarehouse({ url: served.url, ...LOGIN, database: DATABASE });
  const close = async () => {
    await warehouse.close();
    await served.close();
    await rm(directory, { recursive: true, force: true });
  };
  const env = { BILLHOUSE_DATA_DIR: dataDir, CLICKHOUSE_DATABASE: DATABASE, LOG_LEVEL: "silent" };
  try {
    await importDeliveries(contextOf(env, directory), join(directory, "exports"), rowsPerDay);
  } catch (error) {
    await close();
    throw error;
  }
  return { warehouse, directory, close };
}

function contextOf(env: NodeJS.ProcessEnv, cwd: string): Context {
  const { stdin, stdout, stderr } = process;
  const note = (line: string) => void stderr.write(`${line}\n`);
  return { env, cwd, stdin, stdout, stderr, signal: new AbortController().signal, print: note, note };
}
