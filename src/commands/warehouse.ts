import { once } from "node:events";
import { createWarehouse } from "../../clickhouse/client.ts";
import { serveEmbedded } from "../../clickhouse/embedded/process.ts";
import { migrate } from "../../clickhouse/migrate.ts";
import { readConfig } from "../config.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { ConfigurationError, WarehouseError } from "../domain/errors.ts";

/** Where to serve, and for whom. */
export type WarehouseOptions = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly passwordEnv: string;
};

const DEFAULT_VARIABLE = "BILLHOUSE_WAREHOUSE_PASSWORD";

/** Serves the embedded warehouse until Ctrl-C. */
export const serveWarehouse: Command<WarehouseOptions> = async (context, options) => {
  await withServedWarehouse(context, options, async (signal) => {
    if (!signal.aborted) await once(signal, "abort");
  });
  return EXIT.done;
};

/**
 * Serves the embedded warehouse for as long as work on it takes. Its signal is aborted by Ctrl-C, or when the warehouse
 * has ended by itself, which is a failure.
 */
export async function withServedWarehouse(
  context: Context,
  options: WarehouseOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal } = context;
  const { warehouse: config } = readConfig(context.env, context.cwd);
  if (config.kind === "server") {
    throw new ConfigurationError("CLICKHOUSE_URL: names a server, so there is none to run here. Unset it to run one.");
  }
  const { dataDir, database } = config;
  const password = readPassword(context, options.passwordEnv);
  const { host, port, user: username } = options;
  const served = await serveEmbedded({ dataDir, host, port, username, password, signal });
  const lost = new AbortController();
  let isClosing = false;
  void served.closed.then(() => (isClosing ? undefined : lost.abort()));
  try {
    const warehouse = createWarehouse({ url: served.url, username, password, database });
    try {
      await migrate(warehouse);
    } finally {
      await warehouse.close();
    }
    context.print(introduce(served.url, { dataDir, database, username, hasPassword: password !== "" }));
    await work(AbortSignal.any([signal, lost.signal])).catch((error: unknown) => {
      if (!lost.signal.aborted) throw error; // without its warehouse work fails in many ways
    });
    if (lost.signal.aborted) {
      throw new WarehouseError(`${dataDir}: the warehouse has ended. Its file warehouse.log says why.`);
    }
  } finally {
    isClosing = true;
    await served.close();
  }
  context.note("The warehouse has stopped.");
}

function readPassword({ env }: Context, name: string): string {
  const password = env[name] ?? "";
  if (password === "" && name !== DEFAULT_VARIABLE) {
    throw new ConfigurationError(`${name}: is not set. Put the password of the warehouse into it.`);
  }
  return password;
}

function introduce(
  url: string,
  facts: { dataDir: string; database: string; username: string; hasPassword: boolean },
): string {
  const { dataDir, database, username, hasPassword } = facts;
  const login = hasPassword ? `--user ${username}:PASSWORD ` : `--user ${username}: `;
  return [
    `The warehouse answers at ${url} (ClickHouse over HTTP).`,
    `  data directory  ${dataDir}`,
    `  database        ${database}`,
    `  user            ${username}, ${hasPassword ? "with the password that was set" : "without a password"}`,
    `  curl            curl ${login}'${url}/?database=${database}' --data 'SELECT count() FROM costs'`,
    `  Clients speak HTTP to it; clickhouse-client has a protocol of its own and cannot. What it understands: docs/warehouse.md`,
    `  Other commands of Billhouse on this data directory use it while it runs.`,
    `Ctrl-C stops it.`,
  ].join("\n");
}
