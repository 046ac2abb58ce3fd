import { Writable } from "node:stream";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import type { Warehouse } from "../../clickhouse/client.ts";
import { createApp } from "../../src/http/app.ts";
import { createHttpDependencies } from "../../src/http/dependencies.ts";
import type { HttpDependencies, ImportsPort, IngestPort, TestSource } from "../../src/http/dependencies.ts";
import type { HttpSettings } from "../../src/http/settings.ts";
import { createLog } from "../../src/log.ts";
import { readRuleFile, renderRuleFile } from "../../src/tracking-file.ts";

/** The service over a warehouse, without a socket. */
export type TestService = {
  readonly app: FastifyInstance;
  readonly dependencies: HttpDependencies;
  /** What the service has logged: one JSON line per event, such as why an answer is a 500. */
  readonly log: () => string;
  /** Asks for a path; gives fastify's answer: statusCode, headers, body, json(). */
  readonly get: (url: string, headers?: Readonly<Record<string, string>>) => Promise<LightMyRequestResponse>;
  /** Sends any other request. */
  readonly send: (options: InjectOptions) => Promise<LightMyRequestResponse>;
  readonly close: () => Promise<void>;
};

/** What a test says of its service; authentication is off unless it says otherwise. */
export type TestServiceOptions = {
  readonly settings?: Partial<HttpSettings>;
  readonly now?: string;
  readonly imports?: ImportsPort;
  readonly ingest?: IngestPort;
  readonly testSource?: TestSource;
};

/** The moment that tests take for the present one. */
export const NOW = "2026-06-15T12:00:00.000Z";

/** For services of which nobody asks an import. */
export const NO_IMPORTS: ImportsPort = {
  start: () => Promise.reject(new RangeError("This test starts no imports")),
  find: () => Promise.resolve(undefined),
  list: () => Promise.resolve([]),
  removeSchedule: () => Promise.resolve(),
};

/** For services to which nobody sends a file. */
export const NO_INGEST: IngestPort = {
  push: () => Promise.reject(new RangeError("This test sends no file")),
  running: () => 0,
};

/** For services of which nobody asks a connection test. */
const NO_TESTS: TestSource = () => Promise.reject(new RangeError("This test tests no connections"));

/** Builds the service over a warehouse that `startTestEngine().database()` gave; the caller closes it. */
export async function createTestService(warehouse: Warehouse, options: TestServiceOptions = {}): Promise<TestService> {
  const { now = NOW, imports = NO_IMPORTS, ingest = NO_INGEST, testSource = NO_TESTS } = options;
  const dependencies = createHttpDependencies({
    warehouse,
    imports,
    ingest,
    testSource,
    ruleFiles: { read: readRuleFile, render: renderRuleFile },
    settings: { isAuthDisabled: true, ...options.settings },
    now: () => new Date(now),
  });
  const lines: string[] = [];
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const app = await createApp(dependencies, createLog(output, "info"));
  return {
    app,
    log: () => lines.join(""),
    dependencies,
    get: (url, headers = {}) => app.inject({ method: "GET", url, headers }),
    send: (request) => app.inject(request),
    close: () => app.close(),
  };
}
