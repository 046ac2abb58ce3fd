import { expect, test } from "vitest";
import { createLoadStatement } from "../../clickhouse/load-statement.ts";
import { readMigrations } from "../../clickhouse/migrate.ts";
import { CANONICAL_COLUMNS } from "../../src/domain/columns.ts";
import type { CanonicalColumn } from "../../src/domain/columns.ts";
import { mapHeader } from "../../src/domain/header.ts";

/** Columns that the load fills, and not the file. */
const OWN = ["load_id", "source", "dataset", "billing_month", "line", "tags_text", "extra", "reject", "reject_text"];

test.each(["cost_landing", "cost_entries"])("the table %s has the canonical columns in their order", (table) => {
  const columns = columnsOf(table).filter((column) => !OWN.includes(column.name));
  expect(columns).toEqual(CANONICAL_COLUMNS.map(({ name, kind, comment }) => ({ name, type: TYPES[kind], comment })));
});

test("the two tables agree, and what lies between them leaves no column out", () => {
  const entries = columnsOf("cost_entries");
  const landing = columnsOf("cost_landing").filter(({ name }) => !["reject", "reject_text"].includes(name));
  expect(landing).toEqual(entries);
  const view = sqlOf("cost_entries_from_landing");
  const selected = view.slice(view.indexOf("SELECT") + 6, view.indexOf("FROM cost_landing"));
  expect(selected.split(",").map((name) => name.trim())).toEqual(entries.map(({ name }) => name));
});

test("names of a file's columns enter the statement only as escaped literals", () => {
  const header = ["Date", "Cost", "it's\\", "'), now() --"];
  const statement = createLoadStatement(mapHeader(header, "actual", "part.csv"), header.length);
  expect(statement).toContain(`map('it\\'s\\\\', c2, '\\'), now() --', c3)`);
  expect(statement.replaceAll("it\\'s", "").replaceAll("\\'), now() --", "")).not.toMatch(/it's|now\(\)/);
});

/** LowCardinality where values repeat. */
const TYPES: Readonly<Record<CanonicalColumn["kind"], string>> = {
  date: "Date",
  day: "Nullable(Date)",
  "day-before": "Nullable(Date)",
  cost: "Decimal(76, 30)",
  decimal: "Nullable(Decimal(76, 30))",
  flag: "Nullable(Bool)",
  keyword: "LowCardinality(String)",
  text: "String",
  json: "String",
  identifier: "LowCardinality(String)",
  subscription: "LowCardinality(String)",
  tags: "Map(String, String)",
};

function sqlOf(name: string): string {
  const found = readMigrations().find((migration) => migration.name.endsWith(`_${name}.sql`));
  if (found === undefined) throw new RangeError(`There is no migration ${name}`);
  return found.sql;
}

function columnsOf(table: string): { name: string; type: string; comment: string }[] {
  const lines = sqlOf(table).matchAll(/^ {4}(\w+) (.+?) (?:CODEC\(.+\) )?COMMENT '(.+)',?$/gm);
  return [...lines].map(([, name = "", type = "", comment = ""]) => ({
    name,
    type,
    comment: comment.replaceAll("\\'", "'"),
  }));
}
