import type { Warehouse } from "../../clickhouse/client.ts";
import { listSources } from "../../clickhouse/sources.ts";
import { readConfig } from "../config.ts";
import type { WarehouseConfig } from "../config.ts";
import { EXIT } from "../context.ts";
import type { Command, Context } from "../context.ts";
import { openWarehouse } from "../open-warehouse.ts";
import { checkDataDir, checkNode } from "./check-machine.ts";
import { checkSource } from "./check-source.ts";
import { checkClock, checkSchema, checkServer } from "./check-warehouse.ts";
import { countOf } from "./format.ts";
import { formatTable } from "./table.ts";

/** What one check found. A failed one and a warning say how to mend it. */
export type Check = {
  readonly name: string;
  readonly state: "ok" | "warning" | "failed";
  readonly detail: string;
};

/** Checks everything that is configured. One failure does not keep the other checks from being made. */
export const doctor: Command<{ readonly json: boolean }> = async (context, { json }) => {
  const checks: Check[] = [];
  for await (const check of examine(context)) checks.push(check);
  const failed = checks.filter((check) => check.state === "failed").length;
  const warnings = checks.filter((check) => check.state === "warning").length;
  if (json) context.print(JSON.stringify({ checks }, null, 2));
  else {
    const columns = (["state", "name", "detail"] as const).map((key) => ({
      title: key === "name" ? "check" : key,
      value: (check: Check) => check[key],
    }));
    context.print(`${formatTable(columns, checks)}\n`);
    context.print(`${countOf(checks.length, "check")}: ${failed} failed, ${countOf(warnings, "warning")}.`);
  }
  return failed === 0 ? EXIT.done : EXIT.failed;
};

/** The check's finding, or the failure that it threw as one. */
export async function check(name: string, work: () => Promise<Omit<Check, "name">>): Promise<Check> {
  try {
    return { name, ...(await work()) };
  } catch (error) {
    return { name, state: "failed", detail: error instanceof Error ? error.message : String(error) };
  }
}

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
