import { execFile } from "node:child_process";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { createToken } from "../../clickhouse/tokens.ts";
import { createApp } from "../../src/http/app.ts";
import {
  createHttpDependencies,
  type ImportsPort,
  type IngestPort,
  type TestSource,
} from "../../src/http/dependencies.ts";
import { readRuleFile, renderRuleFile } from "../../src/tracking-file.ts";
import type { Answerer } from "./answered-document.ts";
import { openDemoWarehouse } from "./demo-warehouse.ts";
import { applyDocumentedRules } from "./documented-rules.ts";
import { layOutJson } from "./json-layout.ts";
import { createMask } from "./mask.ts";

/** What documents ask: a warehouse with the demo's two months and some rules, and the HTTP service over it. */
export type Scene = Answerer & {
  /** The addresses and the credentials of both, by the names that documents use. */
  readonly variables: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
};

/** What the service takes for the present moment. */
const NOW = new Date("2026-06-06T06:00:00Z");

const NO_IMPORTS: ImportsPort = {
  start: () => Promise.reject(new RangeError("Documents start no imports")),
  find: () => Promise.resolve(undefined),
  list: () => Promise.resolve([]),
  removeSchedule: () => Promise.resolve(),
};

const NO_INGEST: IngestPort = {
  push: () => Promise.reject(new RangeError("Documents send no files")),
  running: () => 0,
};

const NO_TESTS: TestSource = () => Promise.reject(new RangeError("Documents test no connections"));

const run = promisify(execFile);

/** Makes the warehouse and starts the service on a free port; commands find both in their environment. */
export async function openScene(): Promise<Scene> {
  const { warehouse, directory, close } = await openDemoWarehouse();
  await applyDocumentedRules(warehouse);
  const { url, username, password } = warehouse.address;
  const dependencies = createHttpDependencies({
    warehouse,
    imports: NO_IMPORTS,
    ingest: NO_INGEST,
    testSource: NO_TESTS,
    ruleFiles: { read: readRuleFile, render: renderRuleFile },
    now: () => NOW,
  });
  const app = await createApp(dependencies);
  const variables = {
    BILLHOUSE: await app.listen({ host: "127.0.0.1", port: 0 }),
    TOKEN: await createToken(warehouse, { name: "analyst", scope: "read", expiresAt: null }),
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: username,
    CLICKHOUSE_PASSWORD: password,
  };
  const mask = await createMask(dependencies);
  const execute = async (program: string, ...args: string[]) => {
    const env = { PATH: process.env["PATH"], ...variables };
    const { stdout } = await run(program, args, { cwd: directory, env });
    return mask(/^[[{]/.test(stdout) ? layOutJson(stdout) : stdout);
  };
  return {
    variables,
    sql: async (statement) => {
      const plain = `${statement.trim()}\nSETTINGS output_format_pretty_row_numbers = 0`;
      return mask(await text(await warehouse.stream(plain, "PrettyCompactMonoBlock")));
    },
    sh: (script) => execute("sh", "-euc", script),
    python: (script) => execute("python3", "-c", script).catch(unlessMissing),
    close: async () => {
      await app.close();
      await close();
    },
  };
}

/** Not every machine has Python: what a document prints stays as it is then. */
function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
