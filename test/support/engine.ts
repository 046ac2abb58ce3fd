import { randomUUID } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { z } from "zod";
import { createWarehouse } from "../../clickhouse/client.ts";
import type { Warehouse } from "../../clickhouse/client.ts";
import { acquireEmbedded, type EmbeddedWarehouse } from "../../clickhouse/embedded/process.ts";
import { isAlive, until } from "./processes.ts";
import { TEMPLATE } from "./template.ts";

/** A real engine with a data directory of its own. */
export type Engine = Pick<EmbeddedWarehouse, "url" | "username" | "password"> & {
  readonly dataDir: string;
  /** Makes a migrated database, and gives its name. */
  readonly addDatabase: () => Promise<string>;
  readonly close: () => Promise<void>;
};

const Table = z.object({ name: z.string(), sql: z.string(), has_rows: z.boolean() });
type Table = z.infer<typeof Table>;

/** Starts an engine. */
export async function startEngine(prefix: string): Promise<Engine> {
  const dataDir = await mkdtemp(join(tmpdir(), prefix));
  await cp(inject("template"), join(dataDir, "data"), { recursive: true });
  const held = await acquireEmbedded({ dataDir });
  const { url, username, password } = held;
  const warehouse = createWarehouse({ url, username, password, database: TEMPLATE });
  const tables = await readTables(warehouse);
  return {
    url,
    username,
    password,
    dataDir,
    async addDatabase() {
      const database = `test_${randomUUID().replaceAll("-", "")}`;
      await copyTemplate(warehouse, tables, database);
      return database;
    },
    async close() {
      await warehouse.close();
      await held.release();
      await until(() => !isAlive(held.pid)); // it writes into its directory to the last
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Tables and views of the template, in such an order that those of a step are made of those of the steps before. */
async function readTables(warehouse: Warehouse): Promise<Table[][]> {
  const rows = await warehouse.rows(
    `SELECT name, create_table_query AS sql, toBool(ifNull(total_rows, 0)) AS has_rows
    FROM system.tables WHERE database = currentDatabase()`,
  );
  const steps: Table[][] = [];
  const made = new Set<string>();
  for (let left = z.array(Table).parse(rows); left.length > 0; left = left.filter(({ name }) => !made.has(name))) {
    const step = left.filter(({ name, sql }) => namesIn(sql).every((other) => other === name || made.has(other)));
    if (step.length === 0) throw new Error(`${left.map(({ name }) => name).join(", ")} are made of each other`);
    for (const { name } of step) made.add(name);
    steps.push(step);
  }
  return steps;
}

function namesIn(sql: string): string[] {
  return [...sql.matchAll(new RegExp(`\\b${TEMPLATE}\\.(\\w+)`, "g"))].map(([, name = ""]) => name);
}

async function copyTemplate(warehouse: Warehouse, steps: readonly Table[][], database: string): Promise<void> {
  await warehouse.run(`CREATE DATABASE ${database}`);
  for (const step of steps) {
    await Promise.all(
      step.map(({ sql }) => warehouse.run(sql.replaceAll(new RegExp(`\\b${TEMPLATE}\\.`, "g"), `${database}.`))),
    );
  }
  const filled = steps.flat().filter(({ has_rows }) => has_rows);
  await Promise.all(
    filled.map(({ name }) => warehouse.run(`INSERT INTO ${database}.${name} SELECT * FROM ${TEMPLATE}.${name}`)),
  );
}
