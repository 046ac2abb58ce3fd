import type { EntriesQuestion } from "../src/domain/cost-question.ts";
import type { CostSet } from "./cost-relation.ts";
import { renderCostEntries } from "./cost-entries-statement.ts";
import type { CostStatement } from "./cost-statement.ts";
import { readQuery } from "./query.ts";

/** A cost entry by its natural key: the run, the file and the record of it, as its id has them. */
export type EntryKey = { readonly snapshot: string; readonly part: string; readonly line: string };

const ID = /^([0-9a-f]{32})-([0-9a-f]{8})-(\d{1,15})(?:-[0-9a-f]{16})?$/;
const ENTRIES = readQuery("api-cost-entries");
const LOADS = readQuery("api-entry-loads");
const SNAPSHOTS = readQuery("snapshots");
const COLUMNS = [
  "load_id",
  "line",
  "date",
  "subscription_id",
  "subscription_name",
  "customer_tenant_id",
  "customer_name",
  "resource_id",
  "resource_name",
  "resource_group",
  "resource_location",
  "meter_id",
  "meter_name",
  "meter_category",
  "meter_sub_category",
  "service_family",
  "unit_of_measure",
  "actual_usd",
  "cost_in_billing_currency",
  "billing_currency",
  "quantity",
  "unit_price",
  "payg_price",
  "pricing_model",
  "charge_type",
  "publisher_name",
  "cost_center",
  "tags",
];

/** What of the lines is asked for; their columns are those of cost entries. */
export type AskedEntries = Pick<EntriesQuestion, "time" | "filter" | "asOf" | "order" | "limit" | "offset">;

/** The statement that gives cost entries as the HTTP service shows them. */
export function entriesStatement(asked: AskedEntries, set: CostSet): CostStatement {
  const { sql, parameters } = renderCostEntries({ ...asked, columns: COLUMNS, metric: "actual" }, set);
  return { sql: compose(sql), parameters: { ...parameters, record: "" } };
}

/** The statement that gives one cost entry, out of the loads that may hold it. */
export function entryStatement(id: string, line: string, loadIds: readonly string[], set: CostSet): CostStatement {
  const all = { time: { from: null, to: null }, filter: null, asOf: null, order: [], limit: null, offset: 0 };
  const { sql, parameters } = renderCostEntries({ ...all, columns: COLUMNS, metric: "actual" }, set);
  return {
    sql: compose(`SELECT *\nFROM\n(\n${sql}\n)\nWHERE load_id IN {load_ids:Array(UUID)} AND line = {line:UInt64}`),
    parameters: { ...parameters, record: id, load_ids: loadIds, line },
  };
}

/** The statement that gives the visible loads that may hold an entry, as `load_id`. */
export function entryLoadsStatement({ snapshot, part }: EntryKey): CostStatement {
  return { sql: LOADS, parameters: { snapshot, part } };
}

/** What an id says; undefined for what is none. */
export function parseEntryId(id: string): EntryKey | undefined {
  const [, snapshot, part, line] = ID.exec(id) ?? [];
  return snapshot === undefined || part === undefined || line === undefined ? undefined : { snapshot, part, line };
}

function compose(lines: string): string {
  return `WITH\nsnapshots AS\n(\n${SNAPSHOTS}),\ncost_lines AS\n(\n${lines}\n)\n${ENTRIES}`;
}
