import type { Warehouse } from "../../clickhouse/client.ts";
import { listSources } from "../../clickhouse/sources.ts";
import { readConfig } from "../config.ts";
import type { WarehouseConfig } from "../config.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { openWarehouse } from "../open-warehouse.ts";
import { check } from "./check.ts";
import type { Check } from "./check.ts";
import { checkDataDir, checkNode } from "./check-machine.ts";
import { checkSource } from "./check-source.ts";
import { checkClock, checkSchema, checkServer } from "./check-warehouse.ts";
import { countOf } from "./format.ts";
import { formatTable } from "./table.ts";
import type { Column } from "./table.ts";

/** How to say it. */
export type DoctorOptions = { readonly json: boolean };

const COLUMNS: readonly Column<Check>[] = [
  { title: "state", value: ({ state }) => state },
  { title: "check", value: ({ name }) => name },
  { title: "detail", value: ({ detail }) => detail },
];

/** Checks everything that is configured. One failure does not keep the other checks from being made. */
export const doctor: Command<DoctorOptions> = async (context, { json }) => {
  const checks: Check[] = [];
  for await (const made of examine(context)) checks.push(made);
  const failed = checks.filter(({ state }) => state === "failed").length;
  const warnings = checks.filter(({ state }) => state === "warning").length;
  if (json) context.print(JSON.stringify({ checks }, null, 2));
  else {
    context.print(`${formatTable(COLUMNS, checks)}\n`);
    context.print(`${countOf(checks.length, "check")}: ${failed} failed, ${countOf(warnings, "warning")}.`);
  }
  return failed === 0 ? EXIT.done : EXIT.failed;
};

async function* examine(context: Context): AsyncGenerator<Check> {
  yield checkNode();
  let config: WarehouseConfig | undefined;
  yield check("configuration", () => {
    config = readConfig(context.env, context.cwd).warehouse;
    return Promise.resolve({ state: "ok", detail: describe(config) });
  });
  if (config === undefined) return;
  if (config.kind === "embedded") yield checkDataDir(config.dataDir);
  yield* examineWarehouse(context, config);
}

async function* examineWarehouse(context: Context, config: WarehouseConfig): AsyncGenerator<Check> {
  let opened: Awaited<ReturnType<typeof openWarehouse>>;
  try {
    opened = await openWarehouse(config, context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    yield { name: "warehouse", state: "failed", detail: error instanceof Error ? error.message : String(error) };
    return;
  }
  try {
    const { warehouse } = opened;
    const server = await checkServer(warehouse);
    yield server;
    if (server.state === "failed") return;
    yield checkClock(warehouse);
    const schema = await checkSchema(warehouse, config.kind);
    yield schema;
    if (schema.state === "ok") yield* examineSources(context, warehouse);
  } finally {
    await opened.close();
  }
}

async function* examineSources(context: Context, warehouse: Warehouse): AsyncGenerator<Check> {
  const sources = await listSources(warehouse, {});
  if (sources.length === 0) {
    const detail = "there are none yet: add one with `billhouse sources add` or `billhouse apply`";
    yield { name: "sources", state: "warning", detail };
  }
  for (const source of sources) yield checkSource(context, source);
}

function describe(config: WarehouseConfig): string {
  return config.kind === "embedded"
    ? `embedded warehouse, database ${config.database}`
    : `ClickHouse at ${new URL(config.address.url).host}, user ${config.address.username}, database ${config.address.database}`;
}
