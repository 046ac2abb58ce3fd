import { join } from "node:path";
import { runApart } from "../apart.ts";
import { readExportHeader } from "../bare-engine.ts";
import { requireTotals } from "../exports.ts";
import type { GeneratedExport } from "../exports.ts";
import { Arrived } from "../measurement.ts";
import type { Contestant } from "../measurement.ts";
import { inScratch } from "../scratch.ts";
import { typedColumns } from "./typed-columns.ts";

/** DuckDB of the Node package makes a table of the same types out of the files, in a database file. */
export async function duckdbOfNode(generated: GeneratedExport): Promise<Contestant> {
  const statement = createDuckdbTable(
    generated.parts.map(({ path }) => join(generated.directory, path)),
    typedColumns((await readExportHeader(generated)).mapping),
  );
  return {
    name: "DuckDB (Node)",
    remark: "DECIMAL(38, 28), DATE, tags as JSON, the rest VARCHAR; a database file",
    rowCount: generated.rowCount,
    mostRounds: Infinity,
    measure: () =>
      inScratch(async (directory) => {
        const path = join(directory, "costs.duckdb");
        const answer = Arrived.parse(await runApart("peers/duckdb-process.ts", { path, statement }));
        requireTotals(generated, answer, "DuckDB (Node)");
        return answer;
      }),
  };
}

/**
 * CREATE TABLE with types given: nothing is guessed. Reading everything as text first and casting takes DuckDB the same
 * time, tags as MAP take it 5 % longer than as JSON. 28 digits behind the point leave 10 before it.
 */
export function createDuckdbTable(
  files: readonly string[],
  columns: readonly { readonly name: string; readonly type: string }[],
): string {
  const types: Readonly<Record<string, string>> = { decimal: "DECIMAL(38, 28)", date: "DATE" };
  const listed = columns.map(({ name, type }) => `${text(name)}: ${text(types[type] ?? "VARCHAR")}`);
  const tags = columns
    .filter(({ type }) => type === "tags")
    .map(({ name }) => `(CASE WHEN "${name}" IS NOT NULL THEN ('{' || "${name}" || '}')::JSON END) AS "${name}"`);
  return [
    `CREATE TABLE costs AS SELECT *${tags.length === 0 ? "" : ` REPLACE (${tags.join(", ")})`} FROM read_csv(`,
    `[${files.map(text).join(", ")}], header = true, auto_detect = false, delim = ',', quote = '"', escape = '"',`,
    `dateformat = '%m/%d/%Y', columns = {${listed.join(", ")}})`,
  ].join(" ");
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
