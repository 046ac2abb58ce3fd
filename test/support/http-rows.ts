import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { DataType, tableFromIPC } from "apache-arrow";
import Big from "big.js";
import { parse } from "csv-parse/sync";
import type { LightMyRequestResponse } from "fastify";
import type { FormatName } from "../../src/http/formats.ts";

/** A row of an answer, in any format: text, with null for nothing; amounts plain and without surplus zeros. */
export type AnsweredRow = Readonly<Record<string, string | null>>;

/** Every format, and how its rows are read by programs that are not ours. */
export const READERS: Readonly<Record<FormatName, (body: Buffer) => Promise<AnsweredRow[]>>> = {
  json: async (body) => (JSON.parse(body.toString()) as { data: Record<string, unknown>[] }).data.map(plainRow),
  ndjson: async (body) =>
    body
      .toString()
      .split("\n")
      .filter(Boolean)
      .map((line) => plainRow(JSON.parse(line) as Record<string, unknown>)),
  csv: async (body) =>
    parse(body, { columns: true, cast: (value, { quoting }) => (value === "" && !quoting ? null : value) }),
  parquet: readParquet,
  arrow: async (body) => {
    const table = tableFromIPC(body);
    return table.toArray().map((row: Record<string, unknown>) =>
      Object.fromEntries(
        table.schema.fields.map(({ name, type }) => {
          const value = row[name];
          if (value === null || value === undefined) return [name, null];
          if (DataType.isDecimal(type)) return [name, amountOf(value as bigint, type.scale)];
          if (DataType.isDate(type)) return [name, new Date(Number(value)).toISOString().slice(0, 10)];
          return [name, textOf(value)];
        }),
      ),
    );
  },
};

/** The bytes of an answer, unpacked when they are compressed with gzip. */
export function bodyOf({ rawPayload, headers }: LightMyRequestResponse): Buffer {
  return headers["content-encoding"] === "gzip" ? gunzipSync(rawPayload) : rawPayload;
}

/** The answer; throws with what it says where its status is another one. */
export function requireStatus(answer: LightMyRequestResponse, status: number): LightMyRequestResponse {
  if (answer.statusCode !== status) throw new Error(`${answer.statusCode} instead of ${status}: ${answer.body}`);
  return answer;
}

function amountOf(digits: bigint, scale: number): string {
  return new Big(digits.toString()).div(new Big(10).pow(scale)).toFixed();
}

async function readParquet(body: Buffer): Promise<AnsweredRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "billhouse-parquet-"));
  try {
    await writeFile(join(folder, "answer.parquet"), body);
    const connection = await (await DuckDBInstance.create()).connect();
    const reader = await connection.runAndReadAll(`SELECT * FROM '${join(folder, "answer.parquet")}'`);
    const decimals = reader.columnNames().filter((_, at) => String(reader.columnType(at)).startsWith("DECIMAL"));
    const rows = reader.getRowObjectsJson().map((row) => {
      const plain = plainRow(row);
      const amounts = decimals.map((name) => [name, plain[name] ?? null] as const);
      return {
        ...plain,
        ...Object.fromEntries(
          amounts.map(([name, amount]) => [name, amount === null ? null : new Big(amount).toFixed()]),
        ),
      };
    });
    connection.closeSync();
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function plainRow(row: Readonly<Record<string, unknown>>): AnsweredRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value === null || value === undefined ? null : textOf(value)]),
  );
}

function textOf(value: unknown): string {
  return typeof value === "string"
    ? value
    : JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? `${inner}` : inner));
}
