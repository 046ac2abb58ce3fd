import { z } from "zod";
import { createWarehouse } from "../../clickhouse/client.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { countPendingMigrations, migrate } from "../../clickhouse/migrate.ts";
import type { WarehouseConfig } from "../config.ts";
import { check } from "./check.ts";
import type { Check } from "./check.ts";
import { countOf } from "./format.ts";

const LEAST_VERSION = [26, 2] as const;
const CLOCK_TOLERANCE_MS = 5000;

const VersionRow = z.object({ version: z.string() });
const ClockRow = z.object({ milliseconds: z.coerce.number() });

/** Whether the warehouse answers, and whether its version is one that is tried. */
export function checkServer(warehouse: Warehouse): Promise<Check> {
  return check("warehouse", async () => {
    const begin = performance.now();
    const { version } = VersionRow.parse((await onServer(warehouse, "SELECT version() AS version"))[0]);
    const detail = `ClickHouse ${version} answers in ${Math.round(performance.now() - begin)} ms`;
    const [major = 0, minor = 0] = version.split(".").map(Number);
    const [leastMajor, leastMinor] = LEAST_VERSION;
    if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return { state: "ok", detail };
    return {
      state: "warning",
      detail: `${detail}: older than any that is tried, ${leastMajor}.${leastMinor}; update it`,
    };
  });
}

/** Whether both clocks agree: the warehouse's says when something was published, ours when an attempt began. */
export function checkClock(warehouse: Warehouse): Promise<Check> {
  return check("clock", async () => {
    const begin = Date.now();
    const rows = await onServer(warehouse, "SELECT toUnixTimestamp64Milli(now64(3)) AS milliseconds");
    const { milliseconds } = ClockRow.parse(rows[0]);
    const apart = Math.round(Math.abs(milliseconds - (begin + Date.now()) / 2));
    const detail = `${apart} ms apart from the warehouse's`;
    if (apart <= CLOCK_TOLERANCE_MS) return { state: "ok", detail };
    return { state: "warning", detail: `${detail}: let both machines set their clocks by NTP` };
  });
}

/** Whether the database has this version's schema; the embedded one is brought up to date as by any command. */
export function checkSchema(warehouse: Warehouse, kind: WarehouseConfig["kind"]): Promise<Check> {
  return check("schema", async () => {
    if (kind === "embedded") {
      const { current } = await migrate(warehouse);
      return { state: "ok", detail: `${countOf(current, "migration")}, all applied` };
    }
    const pending = await countPendingMigrations(warehouse);
    if (pending === 0) return { state: "ok", detail: "up to date" };
    return { state: "failed", detail: `lacks ${countOf(pending, "migration")}: run \`billhouse migrate\`` };
  });
}

/** Asks outside of our database, which may not exist yet. */
async function onServer(warehouse: Warehouse, sql: string): Promise<unknown[]> {
  const server = createWarehouse({ ...warehouse.address, database: "default" });
  try {
    return await server.rows(sql);
  } finally {
    await server.close();
  }
}
