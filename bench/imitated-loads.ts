import { randomUUID } from "node:crypto";
import type { ClickHouseSettings } from "@clickhouse/client";
import { z } from "zod";
import type { Parameters, Warehouse } from "../clickhouse/client.ts";
import { LOAD_SETTINGS } from "../clickhouse/load-statement.ts";
import type { PublicationRecord } from "../clickhouse/publications.ts";
import { inBatches } from "../src/domain/in-batches.ts";
import { addDays, addMonths, daysOfMonth, firstDayOf, parseMonth } from "../src/domain/month.ts";
import type { Month } from "../src/domain/month.ts";

/** A load that an import has brought, of which others are made. */
export type Template = {
  readonly loadId: string;
  readonly month: Month;
  readonly run: Pick<PublicationRecord["run"], "export" | "exportName" | "dataset">;
};

/** A load that is to look as if an import had brought it. */
export type ImitatedLoad = {
  readonly loadId: string;
  readonly run: PublicationRecord["run"];
  /** Eight hexadecimal digits that make subscriptions and accounts others; empty leaves them as they are. */
  readonly prefix: string;
  /** Its costs are so many times those of the template: whole, so that rollups stay exact. */
  readonly factor: number;
};

const CONCURRENT_INSERTS = 2;
const TemplateRow = z.tuple([
  z.object({
    load_ids: z.tuple([z.string()]),
    billing_month: z.string(),
    export: z.string(),
    export_name: z.string(),
    dataset: z.enum(["actual", "amortized", "usage", "focus"]),
  }),
]);
const ColumnRow = z.object({ table: z.string(), name: z.string(), type: z.string() });
type ColumnRow = z.infer<typeof ColumnRow>;

/** The only load of what a source has published. */
export async function findTemplate(warehouse: Warehouse, source: string): Promise<Template> {
  const [row] = TemplateRow.parse(
    await warehouse.rows(
      "SELECT load_ids, toString(billing_month) AS billing_month, export, export_name, dataset FROM current_publications WHERE source = {source:String}",
      { source },
    ),
  );
  const [loadId] = row.load_ids;
  const run = { export: row.export, exportName: row.export_name, dataset: row.dataset };
  return { loadId, month: parseMonth(row.billing_month.slice(0, 7)), run };
}

/** A load of a month's run with that number, from 1; the last of three has the costs of the template. */
export function imitateLoad(
  { run }: Template,
  { source, month, number, prefix = "" }: { source: string; month: Month; number: number; prefix?: string },
): ImitatedLoad {
  const submittedAt = `${addDays(firstDayOf(addMonths(month, 1)), number - 1)}T04:12:31.0000000Z`;
  return {
    loadId: randomUUID(),
    run: { ...run, source, month, runId: `${month}-${number}`, submittedAt, days: daysOfMonth(month) },
    prefix,
    factor: number === 3 ? 1 : number + 1,
  };
}

/**
 * Copies what the template's load owns, in every table that knows loads and their months, however those are filled; so
 * many loads in one insert.
 */
export async function insertLoads(
  warehouse: Warehouse,
  template: Template,
  loads: readonly ImitatedLoad[],
  perInsert: number,
): Promise<void> {
  const columns = z.array(ColumnRow).parse(await warehouse.rows(OWNED_COLUMNS));
  const tables = [...new Set(columns.map(({ table }) => table))];
  const parameters = { template: template.loadId, template_month: firstDayOf(template.month) };
  const copy = async (sqlOf: (table: string, owned: readonly ColumnRow[]) => string, further: Parameters) => {
    for (const table of tables) {
      const owned = columns.filter((column) => column.table === table);
      await warehouse.run(sqlOf(table, owned), { ...parameters, ...further }, settingsOf(table));
    }
  };
  if (perInsert === 1) {
    await inBatches(loads, CONCURRENT_INSERTS, (load) => copy(copyOnce, fieldsOf(load)));
    return;
  }
  await warehouse.run("DROP TABLE IF EXISTS imitated_loads");
  await warehouse.run(IMITATED_LOADS);
  const rows = loads.map((load, index) => ({ batch: Math.floor(index / perInsert), ...fieldsOf(load) }));
  await warehouse.insert("imitated_loads", rows);
  const batches = Array.from({ length: Math.ceil(loads.length / perInsert) }, (_, batch) => batch);
  await inBatches(batches, CONCURRENT_INSERTS, (batch) => copy(copyForEach, { batch }));
  await warehouse.run("DROP TABLE imitated_loads");
}

/** What a copy has of its own: names and types. */
const FIELDS: Readonly<Record<string, string>> = {
  new_load_id: "UUID",
  new_source: "String",
  new_month: "Date",
  new_run_id: "String",
  prefix: "String",
  factor: "UInt8",
};

function fieldsOf({ loadId, run, prefix, factor }: ImitatedLoad) {
  return {
    new_load_id: loadId,
    new_source: run.source,
    new_month: firstDayOf(run.month),
    new_run_id: run.runId,
    prefix,
    factor,
  };
}

/** Lines come in blocks of the size that a load's have, so that their parts are as many; what rolls them up in one. */
function settingsOf(table: string): ClickHouseSettings {
  const settings =
    table === "cost_entries" ? LOAD_SETTINGS : { insert_deduplicate: 0 as const, optimize_on_insert: 0 as const };
  return { ...settings, max_partitions_per_insert_block: "0" };
}

const OWNED_COLUMNS = `SELECT c.table AS table, c.name AS name, c.type AS type
FROM system.columns AS c
INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
WHERE c.database = currentDatabase() AND t.engine LIKE '%MergeTree' AND c.default_kind NOT IN ('ALIAS', 'MATERIALIZED')
    AND c.table IN (SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'load_id')
    AND c.table IN (SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'billing_month')
ORDER BY c.table, c.position`;
const IMITATED_LOADS = `CREATE TABLE imitated_loads
(
    batch UInt32,
    ${Object.entries(FIELDS)
      .map(([name, type]) => `${name} ${type}`)
      .join(",\n    ")}
)
ENGINE = MergeTree
ORDER BY batch`;

function copyForEach(table: string, columns: readonly ColumnRow[]): string {
  return [
    `INSERT INTO ${table} (${columns.map(({ name }) => name).join(", ")})`,
    `SELECT ${columns.map((column) => `${valueOf(column)} AS new_${column.name}_`).join(", ")}`,
    `FROM ${table} AS t`,
    "CROSS JOIN (SELECT * FROM imitated_loads WHERE batch = {batch:UInt32}) AS d",
    "WHERE t.load_id = {template:UUID}",
  ].join("\n");
}

/** The same for one load: without the join it takes a quarter of the time. */
function copyOnce(table: string, columns: readonly ColumnRow[]): string {
  return copyForEach(table, columns)
    .replace(/^CROSS JOIN .*\n/m, "")
    .replaceAll(/\bd[.](\w+)/g, (_, name: string) => `{${name}:${FIELDS[name] ?? ""}}`);
}

function valueOf({ name, type }: ColumnRow): string {
  if (type === "UUID") return `if(t.${name} = {template:UUID}, d.new_load_id, t.${name})`;
  if (type.includes("Decimal") && /cost_(in|without)_/.test(name)) return `t.${name} * d.factor`;
  switch (name) {
    case "source":
      return "d.new_source";
    case "billing_month":
      return "d.new_month";
    case "run_id":
      return "d.new_run_id";
    case "date":
    case "first_date":
    case "last_date":
      return `least(addDays(d.new_month, t.${name} - {template_month:Date}), toLastDayOfMonth(d.new_month))`;
    case "subscription_id":
      return `if(t.${name} = '', '', concat(d.prefix, substring(t.${name}, length(d.prefix) + 1)))`;
    case "resource_id": // /subscriptions/<id>/…
      return `if(t.${name} = '' OR d.prefix = '', t.${name}, concat(substring(t.${name}, 1, 15), d.prefix, substring(t.${name}, 24)))`;
    case "billing_account_id":
      return `concat(d.prefix, t.${name})`;
    default:
      return `t.${name}`;
  }
}
