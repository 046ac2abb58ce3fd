import { once } from "node:events";
import type { Warehouse } from "../../clickhouse/client.ts";
import { migrate } from "../../clickhouse/migrate.ts";
import { listTokens } from "../../clickhouse/tokens.ts";
import { readApiConfig } from "../api-config.ts";
import type { ApiConfig } from "../api-config.ts";
import { readConfig } from "../config.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { stateOf } from "../domain/token.ts";
import type { TestSource } from "../http/dependencies.ts";
import type { ImportEvent } from "../import-events.ts";
import { createImports } from "../imports/imports.ts";
import { createIngest } from "../imports/ingest.ts";
import { createLog } from "../log.ts";
import { openWarehouse } from "../open-warehouse.ts";
import { logProgress } from "../progress.ts";
import { startServer } from "../server.ts";
import { testSource } from "../sources/test-source.ts";
import { readVersion } from "../version.ts";

/** Where to listen; the environment says what is not given. */
export type ServeOptions = { readonly host?: string; readonly port?: number };

/** Answers over HTTP until Ctrl-C. */
export const serve: Command<ServeOptions> = async (context, options) => {
  const { env, cwd, signal } = context;
  const { warehouse: place, logLevel } = readConfig(env, cwd);
  const config = { ...readApiConfig(env), ...options };
  const log = createLog(context.stderr, logLevel);
  const progress = logProgress(log);
  const { warehouse, close } = await openWarehouse(place, signal);
  try {
    if (place.kind === "embedded") await migrate(warehouse); // a server's schema is brought up to date by `migrate`
    signal.throwIfAborted();
    const hosting = { env, cwd, warehouse, tell: (event: ImportEvent) => progress.tell(event) };
    const imports = await createImports(hosting);
    const ingest = createIngest(hosting);
    try {
      const test: TestSource = (source, asked) => testSource(source, env, asked);
      const server = await startServer({
        warehouse,
        imports,
        ingest,
        testSource: test,
        config,
        version: readVersion(),
        log,
      });
      try {
        context.print(introduce(server.url, config));
        for (const line of await adviceOf(warehouse, config)) context.note(line);
        if (!signal.aborted) await once(signal, "abort");
      } finally {
        await server.stop();
      }
    } finally {
      await Promise.all([imports.close(), ingest.close()]);
    }
  } finally {
    await close();
  }
  context.note("The API has stopped.");
  return EXIT.done;
};

function introduce(url: string, { settings }: ApiConfig): string {
  const token = settings.isAuthDisabled ? "" : " --header 'Authorization: Token KEY'";
  return [
    `The API answers at ${url}.`,
    `  documentation   ${url}/docs, ${url}/openapi.json`,
    `  readiness       ${url}/readyz`,
    `  curl            curl${token} '${url}/v1/costs?window=lastmonth&groupBy=meter_category'`,
    "Ctrl-C stops it.",
  ].join("\n");
}

/** What whoever starts the service should know about its doors. */
async function adviceOf(warehouse: Warehouse, { settings, host }: ApiConfig): Promise<string[]> {
  if (settings.isAuthDisabled) {
    return [`API_AUTH_DISABLED: no token is asked for. Whoever reaches ${host} may read and change everything.`];
  }
  const tokens = await listTokens(warehouse, {}).catch(() => undefined); // /readyz says what the warehouse lacks
  if (tokens === undefined || tokens.some((token) => stateOf(token, new Date()) === "active")) return [];
  return ["There is no token yet: `billhouse token create --name <name> --scope read` makes one."];
}
