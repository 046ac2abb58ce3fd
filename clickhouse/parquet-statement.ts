import type { ClickHouseSettings } from "@clickhouse/client";
import type { HeaderMapping } from "../src/domain/header.ts";
import type { ParquetColumn, ParquetType } from "../src/domain/parquet.ts";
import { clickHouseCode, clickHouseMessage } from "./client.ts";
import { quoted } from "./load-expressions.ts";
import { createStatement, LARGE_LOAD_SETTINGS } from "./load-statement.ts";

/**
 * The INSERT that brings one Parquet part into `cost_landing`; its body is the part's stored bytes. Every column is
 * turned into the text that a CSV file would have, and from there on it is the load of a CSV file. See
 * `createStatement`.
 */
export function createParquetStatement(mapping: HeaderMapping, columns: readonly ParquetColumn[]): string {
  const structure = columns.map(({ name, type }) => `${identifier(name)} ${inputType(type)}`).join(", ");
  return createStatement(mapping, {
    fields: columns.map(({ name }) => `file.${identifier(name)}`),
    texts: columns.map(({ type }, index) => textOf(`f${index}`, type)),
    from: `input(${quoted(structure)}) AS file`,
    format: "Parquet",
  });
}

/** Settings of the load of a Parquet part. */
export const PARQUET_SETTINGS: ClickHouseSettings = {
  ...LARGE_LOAD_SETTINGS,
  input_format_parquet_allow_missing_columns: 0,
  input_format_parquet_case_insensitive_column_matching: 0,
  input_format_parquet_memory_high_watermark: "268435456", // how much is unpacked ahead; the default is 4 GiB
  input_format_parquet_preserve_order: 1, // records are numbered as they come
  input_format_parquet_verify_checksums: 1,
  output_format_json_escape_forward_slashes: 0,
  output_format_json_named_tuples_as_objects: 1,
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_decimals: 0,
  output_format_json_quote_denormals: 1,
};

/** What the engine is to read a column as: nothing that it would have to round, cut or wrap around. */
function inputType(type: ParquetType): string {
  switch (type.kind) {
    case "list":
    case "map":
    case "record":
      return typeName(type);
    default:
      return `Nullable(${typeName(type)})`;
  }
}

function typeName(type: ParquetType): string {
  switch (type.kind) {
    case "text":
      return "String";
    case "flag":
      return "Bool";
    case "day":
      return "Int32"; // days since 1970: whole files would be refused for a day that Date32 does not know
    case "uuid":
      return "UUID";
    case "integer":
      return `${type.isSigned ? "" : "U"}Int${type.bits}`;
    case "real":
      return `Float${type.bits}`;
    case "decimal":
      return `Decimal(${type.precision}, ${type.scale})`;
    case "moment":
      return `DateTime64(${type.fractionDigits}, 'UTC')`;
    case "list":
      return `Array(${itemType(type.item)})`;
    case "map":
      return `Map(${itemName(type.key)}, ${itemType(type.value)})`;
    case "record":
      return `Tuple(${type.fields.map(({ name, type: field }) => `${identifier(name)} ${itemType(field)}`).join(", ")})`;
  }
}

function itemType(type: ParquetType): string {
  return type.kind === "day" ? "Nullable(Date32)" : inputType(type);
}

function itemName(type: ParquetType): string {
  return type.kind === "day" ? "Date32" : typeName(type);
}

/** The text that a CSV file would have; nothing for null. */
function textOf(column: string, type: ParquetType): string {
  switch (type.kind) {
    case "text":
      return `ifNull(${column}, '')`;
    case "day":
      return orElse(column, [-25_567, 120_529], `toString(toDate32(${column}))`, "days after 1970-01-01");
    case "moment": {
      const iso = `concat(replaceRegexpOne(replaceOne(toString(${column}), ' ', 'T'), '[.]0+$', ''), 'Z')`;
      const seconds = `toUnixTimestamp64Second(${column})`;
      return orElse(seconds, [-62_135_596_800, 253_402_300_799], iso, "seconds after 1970-01-01");
    }
    case "list":
    case "map":
      return `if(empty(${column}), '', toJSONString(${column}))`;
    case "record":
      return `toJSONString(${column})`;
    default:
      return `ifNull(toString(${column}), '')`;
  }
}

/** What the engine's calendar does not reach is no date for anybody; it is kept as the number that it is. */
function orElse(value: string, [first, last]: readonly [number, number], text: string, unit: string): string {
  return `ifNull(if(${value} BETWEEN ${first} AND ${last}, ${text}, concat(toString(${value}), ' ${unit}')), '')`;
}

/** The name of a column as an identifier, whatever it is. */
export function identifier(name: string): string {
  return `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}

/** The warehouse's own troubles, which may come up while it reads a file: no memory, cancelled. */
const OWN_CODES = ["241", "394"];

/** What is wrong with a Parquet file that a load failed at, `place` in front; undefined when something else is. */
export function parquetProblem(error: unknown, place: string): string | undefined {
  const message = clickHouseMessage(error) ?? "";
  const [told, format] = message.split(/: (?:\(in file.*)?While executing (Parquet)\w*Format/s);
  if (told === undefined || format === undefined || OWN_CODES.includes(clickHouseCode(error) ?? "")) return undefined;
  const [, reason = told, , column] = /^(.*?): read stage: \w+(: column: (.+))?$/s.exec(told) ?? [];
  const where = column === undefined ? "The Parquet data" : `The column ${JSON.stringify(column)}`;
  return `${place}: ${where} cannot be read: ${reason.slice(0, 200).replace(/[\s.:]+$/, "")}`;
}
