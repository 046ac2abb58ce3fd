import type { Logger } from "pino";
import type { Warehouse } from "../clickhouse/client.ts";
import type { ApiConfig } from "./api-config.ts";
import { ConfigurationError } from "./domain/errors.ts";
import { createApp } from "./http/app.ts";
import { createHttpDependencies } from "./http/dependencies.ts";
import type { ImportsPort, IngestPort, TestSource } from "./http/dependencies.ts";
import { keepHeapSmall } from "./http/memory.ts";
import { scrub } from "./http/scrub.ts";
import { readRuleFile, renderRuleFile } from "./tracking-file.ts";

/** What a server is made of. */
export type ServerOptions = {
  readonly warehouse: Warehouse;
  readonly imports: ImportsPort;
  readonly ingest: IngestPort;
  readonly testSource: TestSource;
  readonly config: ApiConfig;
  readonly version: string;
  readonly log: Logger;
};

/** The service at its address. */
export type Server = {
  /** Such as http://127.0.0.1:8080. */
  readonly url: string;
  /** Takes no further requests, lets those that are under way end, up to a time, and closes every connection. */
  readonly stop: () => Promise<void>;
};

/** Builds the service and listens; from then on the process keeps its heap small. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { warehouse, imports, ingest, testSource, config, version, log } = options;
  const { host, port, drainMs, settings } = config;
  keepHeapSmall();
  const dependencies = createHttpDependencies({
    warehouse,
    imports,
    ingest,
    testSource,
    ruleFiles: { read: readRuleFile, render: renderRuleFile },
    settings,
    version,
    complain: (what, error) => log.warn({ error: scrub(String(error)) }, what),
  });
  const app = await createApp(dependencies, log.child({}, { serializers: { err: describeError } }));
  const url = await app.listen({ host, port }).catch((error: unknown) => {
    const reason =
      error instanceof Error && "code" in error && error.code === "EADDRINUSE" ? "is in use" : String(error);
    throw new ConfigurationError(`${host}:${port}: ${reason}. Choose another address with --host and --port.`, {
      cause: error,
    });
  });
  return {
    url,
    async stop() {
      const { traffic } = dependencies;
      log.info({ requests: traffic.count() }, "stopping: requests that are under way are answered");
      const late = setTimeout(() => {
        log.warn({ requests: traffic.count() }, "requests took too long and are broken off");
        app.server.closeAllConnections();
      }, drainMs);
      try {
        await traffic.drain();
        await app.close();
      } finally {
        clearTimeout(late);
      }
    },
  };
}

/** What fastify itself says of an error: nothing that could be a secret. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: scrub(String(error)) };
  return { type: error.name, message: scrub(error.message), stack: scrub(error.stack ?? "") };
}
