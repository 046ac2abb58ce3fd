import { createWarehouse } from "../clickhouse/client.ts";
import type { Warehouse } from "../clickhouse/client.ts";
import { acquireEmbedded } from "../clickhouse/embedded/process.ts";
import { countPendingMigrations, migrate } from "../clickhouse/migrate.ts";
import { readConfig } from "./config.ts";
import type { WarehouseConfig } from "./config.ts";
import type { Context } from "./context.ts";
import { WarehouseError } from "./domain/errors.ts";

/** A connection, and what lets it go. */
export type OpenedWarehouse = { readonly warehouse: Warehouse; readonly close: () => Promise<void> };

/** Connects to the configured warehouse; the embedded one is started unless it runs already. Looks at no schema. */
export async function openWarehouse(config: WarehouseConfig, signal?: AbortSignal): Promise<OpenedWarehouse> {
  if (config.kind === "server") {
    const warehouse = createWarehouse(config.address);
    return { warehouse, close: () => warehouse.close() };
  }
  const { dataDir, database } = config;
  const embedded = await acquireEmbedded({ dataDir, ...(signal === undefined ? {} : { signal }) });
  const { url, username, password } = embedded;
  const warehouse = createWarehouse({ url, username, password, database });
  return {
    warehouse,
    async close() {
      await warehouse.close();
      await embedded.release();
    },
  };
}

/**
 * Works on a warehouse of the current schema: it is brought up to date first. Ctrl-C is the work's own affair, which
 * sees the context's signal; its end is waited for.
 */
export async function changeWarehouse<T>(context: Context, work: (warehouse: Warehouse) => Promise<T>): Promise<T> {
  const { warehouse, close } = await openWarehouse(readConfig(context.env, context.cwd).warehouse, context.signal);
  try {
    context.signal.throwIfAborted();
    await migrate(warehouse);
    return await work(warehouse);
  } finally {
    await close();
  }
}

/**
 * Reads a warehouse of the current schema. The embedded one is brought up to date, a server only by commands that
 * change it: throws WarehouseError when it is not. Ctrl-C ends the work at once, its queries included.
 */
export async function readWarehouse<T>(context: Context, work: (warehouse: Warehouse) => Promise<T>): Promise<T> {
  const config = readConfig(context.env, context.cwd).warehouse;
  const { warehouse, close } = await openWarehouse(config, context.signal);
  const stopped = abortOf(context.signal);
  try {
    return await Promise.race([
      stopped.promise,
      (config.kind === "embedded" ? migrate(warehouse) : requireSchema(warehouse)).then(() => work(warehouse)),
    ]);
  } finally {
    stopped.forget();
    await close();
  }
}

async function requireSchema(warehouse: Warehouse): Promise<void> {
  const pending = await countPendingMigrations(warehouse);
  if (pending === 0) return;
  const { database, url } = warehouse.address;
  throw new WarehouseError(
    `${new URL(url).host}: database ${database} lacks ${pending} migrations of this version. Run \`billhouse migrate\`.`,
  );
}

function abortOf(signal: AbortSignal): { promise: Promise<never>; forget: () => void } {
  let forget: () => void = () => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    const stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error("stopped"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    forget = () => signal.removeEventListener("abort", stop);
  });
  promise.catch(() => undefined); // the race may have been over before
  return { promise, forget };
}
