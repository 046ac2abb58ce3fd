import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import { WarehouseError } from "../src/domain/errors.ts";
import { clickHouseCode, createWarehouse } from "./client.ts";
import type { Warehouse } from "./client.ts";

/** One step of the schema: a file with one statement. */
export type Migration = {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
};

/** What `migrate` found and did. */
export type MigrationReport = { readonly applied: readonly string[]; readonly current: number };

const GROUP_SIZE = 16;
const FILE = /^(\d{4})_([a-z0-9_]+)\.sql$/;
const LEDGER = `CREATE TABLE IF NOT EXISTS migrations
(
    number UInt32 COMMENT 'Number of the migration',
    name String COMMENT 'Name of its file',
    sha256 String COMMENT 'Digest of its text, so that a changed file is noticed',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When it was applied'
)
ENGINE = MergeTree
ORDER BY number
COMMENT 'Migrations that this database has seen'`;
const ALREADY_THERE = "57"; // TABLE_ALREADY_EXISTS: another process applied the same step between our look and our try
const LedgerRow = z.object({ number: z.number(), name: z.string(), sha256: z.string() });

/** All migrations in order, out of `clickhouse/migrations`. Throws when a number is missing or given twice. */
export function readMigrations(directory: URL = new URL("./migrations/", import.meta.url)): Migration[] {
  const migrations = readdirSync(directory)
    .toSorted()
    .map((file) => {
      const match = FILE.exec(file);
      if (match === null) throw new WarehouseError(`migrations/${file}: expected a name like 0042_what_it_makes.sql`);
      const sql = readFileSync(new URL(file, directory), "utf8");
      const sha256 = createHash("sha256").update(sql).digest("hex");
      return { number: Number(match[1]), name: file, sql, sha256 };
    });
  for (const [index, { number, name }] of migrations.entries()) {
    if (number !== index + 1) throw new WarehouseError(`migrations/${name}: expected number ${index + 1} here`);
  }
  return migrations;
}

/**
 * Brings the database to this version's schema: makes the database when there is none, applies what its ledger does
 * not name yet, in order. Throws WarehouseError when a migration that was applied has another text now, or when the
 * database is newer than this version.
 */
export async function migrate(warehouse: Warehouse, migrations = readMigrations()): Promise<MigrationReport> {
  await createDatabase(warehouse);
  await warehouse.run(LEDGER);
  const seen = await readLedger(warehouse);
  requireSameHistory(seen, migrations, warehouse);
  const pending = migrations.slice(seen.length);
  for (const group of groupsOf(pending)) {
    if (group.some(isRewrite) && (await isApplied(warehouse, group[0]))) continue; // somebody else was faster
    for (const { sql } of group) await apply(warehouse, sql);
    await warehouse.insert(
      "migrations",
      group.map(({ number, name, sha256 }) => ({ number, name, sha256 })),
    );
  }
  return { applied: pending.map(({ name }) => name), current: migrations.length };
}

/**
 * Steps that are written into the ledger together, since each of these inserts takes as long as a step: a few that can be
 * done twice if a process ends in between, or one that fills a table anew.
 */
function groupsOf(migrations: readonly Migration[]): Migration[][] {
  const groups: Migration[][] = [];
  for (const migration of migrations) {
    const last = groups.at(-1);
    if (last === undefined || last.length === GROUP_SIZE || isRewrite(migration) || last.some(isRewrite)) {
      groups.push([migration]);
    } else {
      last.push(migration);
    }
  }
  return groups;
}

/** Whether it copies a table: rows that others bring meanwhile would be lost, so it must not be done twice. */
function isRewrite({ sql }: Migration): boolean {
  return sql.includes("CREATE OR REPLACE TABLE");
}

async function isApplied(warehouse: Warehouse, migration: Migration | undefined): Promise<boolean> {
  return (await readLedger(warehouse)).some(({ number }) => number === migration?.number);
}

/** How many migrations the database still lacks; all of them when it does not exist. */
export async function countPendingMigrations(warehouse: Warehouse): Promise<number> {
  const tables = await warehouse
    .rows("SELECT name FROM system.tables WHERE database = {database:String} AND name = 'migrations'", {
      database: warehouse.address.database,
    })
    .catch((error: unknown) => {
      if (clickHouseCode(error) === "81") return []; // UNKNOWN_DATABASE
      throw error;
    });
  const migrations = readMigrations();
  if (tables.length === 0) return migrations.length;
  const seen = await readLedger(warehouse);
  requireSameHistory(seen, migrations, warehouse);
  return migrations.length - seen.length;
}

async function createDatabase(warehouse: Warehouse): Promise<void> {
  const { database } = warehouse.address;
  const server = createWarehouse({ ...warehouse.address, database: "default" });
  try {
    await server.run("CREATE DATABASE IF NOT EXISTS {database:Identifier}", { database });
  } finally {
    await server.close();
  }
}

async function readLedger(warehouse: Warehouse): Promise<z.infer<typeof LedgerRow>[]> {
  const rows = await warehouse.rows(
    "SELECT number, any(name) AS name, any(sha256) AS sha256 FROM migrations GROUP BY number ORDER BY number",
  );
  return z.array(LedgerRow).parse(rows);
}

function requireSameHistory(
  seen: readonly z.infer<typeof LedgerRow>[],
  migrations: readonly Migration[],
  warehouse: Warehouse,
): void {
  const { database } = warehouse.address;
  for (const [index, { name, sha256 }] of seen.entries()) {
    const migration = migrations[index];
    if (migration === undefined) {
      throw new WarehouseError(
        `Database ${database} has migration ${name}, which this version does not know. Run the version that made it, or a newer one.`,
      );
    }
    if (migration.sha256 !== sha256) {
      throw new WarehouseError(
        `migrations/${migration.name}: its text is not what was applied to database ${database}. ` +
          "Restore the file; a change of the schema is a new migration.",
      );
    }
  }
}

async function apply(warehouse: Warehouse, sql: string): Promise<void> {
  await warehouse.run(sql).catch((error: unknown) => {
    if (clickHouseCode(error) !== ALREADY_THERE) throw error;
  });
}
