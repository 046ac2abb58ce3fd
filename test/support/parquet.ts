import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Warehouse } from "../../clickhouse/client.ts";
import type { ColumnKind } from "../../src/domain/columns.ts";
import { mapHeader } from "../../src/domain/header.ts";
import type { Dataset } from "../../src/domain/run.ts";
import { recordsOf } from "./exports.ts";

/** Two programs that write Parquet, and have nothing in common. */
export type ParquetWriter = {
  readonly name: string;
  /** The rows of a SELECT as a Parquet file. */
  readonly write: (select: string, codec: string, rowGroupSize?: number) => Promise<Buffer>;
  /** A SELECT of the rows of a CSV text, whose columns have the types that their kinds suggest. */
  readonly typed: (text: string, dataset: Dataset, folder: string) => Promise<string>;
};

/** DuckDB; makes row groups of no less than 2048 rows, and no checksums. */
export const DUCKDB: ParquetWriter = {
  name: "DuckDB",
  write: (select, codec, rowGroupSize = 122_880) =>
    inFolder(async (folder) => {
      const path = join(folder, "file.parquet");
      await runInDuck(
        `COPY (${select}) TO '${path}' (FORMAT parquet, CODEC '${codec}', ROW_GROUP_SIZE ${rowGroupSize})`,
      );
      return readFile(path);
    }),
  async typed(text, dataset, folder) {
    const path = join(folder, "typed.csv");
    await writeFile(path, text);
    const columns = kindsOf(text, dataset).map(([name, kind]) => `${duckCast(`"${name}"`, kind)} AS "${name}"`);
    return `SELECT ${columns.join(", ")} FROM read_csv('${path}', header = true, all_varchar = true, quote = '"', escape = '"')`;
  },
};

/** The engine of a warehouse; writes checksums, and decimals of up to 76 digits. */
export function clickHouseWriter(warehouse: Warehouse): ParquetWriter {
  return {
    name: "ClickHouse",
    async write(select, codec, rowGroupSize = 1_000_000) {
      const method = codec === "uncompressed" ? "none" : codec;
      const settings = `output_format_parquet_compression_method = '${method}', output_format_parquet_row_group_size = ${rowGroupSize}, max_block_size = ${rowGroupSize}`;
      return buffer(await warehouse.stream(`${select} SETTINGS ${settings}`, "Parquet"));
    },
    typed(text, dataset) {
      const kinds = kindsOf(text, dataset);
      const structure = kinds.map(([name]) => `\`${name}\` String`).join(", ");
      const columns = kinds.map(([name, kind]) => `${engineCast(`file.\`${name}\``, kind)} AS \`${name}\``);
      const data = text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
      return Promise.resolve(
        `SELECT ${columns.join(", ")} FROM format(CSVWithNames, '${structure}', '${data}') AS file`,
      );
    },
  };
}

/** The columns that no file can be without, as each writer selects them. */
export const REQUIRED = {
  DuckDB: [`DATE '2026-05-01' AS "Date"`, `1.5::DECIMAL(38, 18) AS "Cost"`],
  ClickHouse: ["toDate32('2026-05-01') AS `Date`", "toDecimal256('1.5', 30) AS `Cost`"],
};

/** Runs statements in a DuckDB of their own. */
export async function runInDuck(...statements: readonly string[]): Promise<void> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  try {
    for (const statement of statements) await connection.run(statement);
  } finally {
    connection.closeSync();
  }
}

/** Works in a directory of its own. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "billhouse-parquet-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The columns of a text, in the reverse order of its header. */
function kindsOf(text: string, dataset: Dataset): (readonly [string, ColumnKind | undefined])[] {
  const names = Object.keys(recordsOf(text)[0] ?? {});
  const { mapped } = mapHeader(names, dataset, "text");
  return names.map((name, at) => [name, mapped.find(({ index }) => index === at)?.kind] as const).toReversed();
}

function duckCast(column: string, kind: ColumnKind | undefined): string {
  switch (kind) {
    case "date":
      return `CAST(${duckDay(column)} AS TIMESTAMP)`;
    case "day":
    case "day-before":
      return duckDay(column);
    case "cost":
    case "decimal":
      return `CAST(${column} AS DECIMAL(38, 18))`;
    case "flag":
      return `CAST(${column} AS BOOLEAN)`;
    default:
      return column;
  }
}

function duckDay(column: string): string {
  return `CAST(coalesce(try_strptime(${column}, '%m/%d/%Y'), CAST(substr(${column}, 1, 10) AS TIMESTAMP)) AS DATE)`;
}

function engineCast(column: string, kind: ColumnKind | undefined): string {
  const day = `toDate32(parseDateTimeBestEffortUSOrNull(${column}, 'UTC'))`;
  switch (kind) {
    case "date":
      return `toDateTime64(${day}, 9, 'UTC')`;
    case "day":
    case "day-before":
      return day;
    case "cost":
    case "decimal":
      return `toDecimal256OrNull(${column}, 30)`;
    case "flag":
      return `multiIf(${column} = '', NULL, CAST(lower(${column}), 'Bool'))`;
    case "keyword":
      return `CAST(${column}, 'LowCardinality(Nullable(String))')`;
    default:
      return column;
  }
}
