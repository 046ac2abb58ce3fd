import { gzipSync } from "node:zlib";
import type { ClickHouseSettings } from "@clickhouse/client";
import type { ColumnKind } from "../src/domain/columns.ts";
import type { HeaderMapping } from "../src/domain/header.ts";
import { clickHouseCode } from "./client.ts";
import { checksOf, encodingCheckOf, quoted, readingsOf, rejectedCostOf, valuesOf } from "./load-expressions.ts";

/**
 * Stands behind the last byte of every part. Behind a whole record it is one field too many or a record of its own, and
 * the statement overlooks both; inside a field whose quote was never closed it is broken CSV. Without it the engine
 * would take an open quote near the end for a field that holds all the rest of the file.
 */
const END_MARK = "\u0004end\u0004";

/**
 * What has to follow the stored bytes of text in the body of its load statement; another gzip member where they are gzip,
 * so that a member that was cut off is noticed. Records of JSON show by themselves whether they are whole.
 */
export function endOfPart({ format, encoding }: { format: "csv" | "ndjson"; encoding: "gzip" | "none" }): Buffer {
  const end = Buffer.from(format === "csv" ? `,"${END_MARK}"` : "\n");
  return encoding === "gzip" ? gzipSync(end) : end;
}

/**
 * The INSERT that brings one CSV part into `cost_landing`; its body is the part's stored bytes and `endOfPart`. Blank
 * lines hold no record; a record with too few or too many fields ends the load. See `createStatement`.
 */
export function createLoadStatement(mapping: HeaderMapping, fieldCount: number): string {
  const fields = Array.from({ length: fieldCount }, (_, index) => `f${index}`);
  const texts = fields.map((field, index) =>
    index === 1 || index === fieldCount - 1 ? `assumeNotNull(${field})` : field,
  );
  const from = `input(${quoted(structureOf(fieldCount))})\n  WHERE ${isRecord(fieldCount)}`;
  return createStatement(mapping, { fields, texts, from, format: "CSVWithNames" });
}

/** Where the fields of a part come from. */
export type LoadInput = {
  /** For each column of the part, what it is called there; `f<index>` from there on. */
  readonly fields: readonly string[];
  /** For each column of the part, the expression that makes `f<index>` its text. */
  readonly texts: readonly string[];
  /** What stands behind FROM, and filters what is no record. */
  readonly from: string;
  readonly format: string;
};

/**
 * Joins what was read with nothing, which leaves it as it is, but ends the engine's working in step: with this one thread
 * reads and numbers records, one block after the other, while others convert the blocks before. Without it blocks are
 * read, numbered and converted by the same thread, since each step of a stream asks for more only when it is done.
 */
export const IN_PARALLEL =
  "LEFT ANTI JOIN (SELECT toUInt64(dummy) AS none FROM system.one WHERE dummy > 0) AS nobody ON record = none";

/**
 * The INSERT that brings the fields of a part into `cost_landing`, whichever format they come in. It is assembled from
 * the canonical table and the header's mapping; file names and values never enter it, only positions do, and the names
 * of columns as escaped literals. Parameters: `load_id`, `source`, `dataset`, `billing_month`,
 * `own_partition` (see `partitionOf`).
 *
 * Every field is text, and is converted by an expression that either keeps all its digits or names the column and the
 * value in `reject`.
 */
export function createStatement(mapping: HeaderMapping, input: LoadInput): string {
  const { texts } = input;
  const kinds = new Map(mapping.mapped.map((column) => [column.index, column.kind]));
  const inputs = texts.map((text, index) => `${inputOf(text, kinds.get(index))} AS c${index}`).join(", ");
  const fields = input.fields.map((name, index) => (name === `f${index}` ? name : `${name} AS f${index}`)).join(", ");
  const record = texts.map((_, index) => `c${index}`).join(", ");
  const readings = mapping.mapped.flatMap(readingsOf);
  const values = mapping.mapped.flatMap(valuesOf);
  const checks = [...mapping.mapped.flatMap(checksOf), ...encodingCheckOf(mapping)];
  const extra = mapping.extra.map(({ index, header }) => `${quoted(header)}, c${index}`).join(", ");
  const columns = [
    ["load_id", "{load_id:UUID}"],
    ["source", "{source:String}"],
    ["dataset", "{dataset:String}"],
    ["billing_month", "{billing_month:Date}"],
    ["own_partition", "{own_partition:UUID}"],
    ["line", "record"],
    ...values,
    ...(extra === "" ? [] : [["extra", `mapFilter((name, value) -> value != '', map(${extra}))`]]),
    ["reject", "reject"],
    ["reject_text", `if(reject = '', '', formatRow('CSV', ${record}))`],
    ["reject_cost", rejectedCostOf(mapping)],
  ] as const;
  return [
    `INSERT INTO cost_landing (${columns.map(([name]) => name).join(", ")})`,
    `SELECT ${columns.map(([name, expression]) => `${expression} AS ${name}`).join(",\n  ")}`,
    `FROM (SELECT *, multiIf(${checks.join(", ")}, '') AS reject`,
    `FROM (SELECT ${["*", ...readings].join(", ")}`,
    `FROM (SELECT ${inputs}, record`,
    `FROM (SELECT ${fields}, rowNumberInAllBlocks() + 1 AS record`,
    `  FROM ${input.from}) AS part`,
    `${IN_PARALLEL})))`,
    `FORMAT ${input.format}`,
  ].join("\n");
}

/** Settings of every load, explicit because servers differ in their defaults. */
export const LOAD_SETTINGS: ClickHouseSettings = {
  async_insert: 0,
  insert_deduplicate: 0,
  optimize_on_insert: 0,
  // Blocks that are small enough for one to be written while the next is read, and for the memory of several loads. A block
  // that lost some blank lines is still written alone.
  max_block_size: "65536",
  max_insert_block_size: "65536",
  min_insert_block_size_rows: "60000",
  min_insert_block_size_bytes: String(64 * 1024 * 1024),
  deduplicate_blocks_in_dependent_materialized_views: 0,
  materialized_views_ignore_errors: 0,
  max_query_size: String(1024 * 1024), // each column of a file stands in the statement several times
  parallel_view_processing: 1,
  parallelize_output_from_storages: 0, // records are numbered as they come: one stream, in the file's order
  join_algorithm: "parallel_hash", // see IN_PARALLEL
  enable_join_runtime_filters: 0,
  query_plan_join_swap_table: "false",
  compile_expressions: 0, // machine code takes longer to make than a load gains by it
  compile_sort_description: 0,
  short_circuit_function_evaluation: "enable",
  input_format_allow_errors_num: "0",
  input_format_allow_errors_ratio: 0,
  input_format_null_as_default: 0,
  input_format_parallel_parsing: 1,
  input_format_with_names_use_header: 0,
  input_format_with_types_use_header: 0,
  input_format_csv_allow_cr_end_of_line: 0,
  input_format_csv_allow_variable_number_of_columns: 1, // the statement counts, the engine would overlook a last comma
  input_format_csv_allow_whitespace_or_tab_as_delimiter: 1, // what it does here: blanks behind a closing quote are refused
  input_format_csv_deserialize_separate_columns_into_tuple: 0,
  input_format_csv_detect_header: 0,
  input_format_csv_empty_as_default: 0,
  input_format_csv_skip_first_lines: "0",
  input_format_csv_skip_trailing_empty_lines: 0,
  input_format_csv_trim_whitespaces: 0,
  input_format_csv_use_best_effort_in_schema_inference: 0,
  format_csv_allow_double_quotes: 1,
  format_csv_allow_single_quotes: 0,
  format_csv_delimiter: ",",
  format_csv_null_representation: "\u0004", // \N and NULL are text like any other
};

/**
 * For a file of more than two million rows, and for Parquet, whose rows its bytes do not tell: with blocks of the usual size
 * it would leave so many parts that they are merged while it is still being read, which takes more memory and time than
 * larger blocks do.
 */
export const LARGE_LOAD_SETTINGS: ClickHouseSettings = {
  ...LOAD_SETTINGS,
  max_block_size: "50000",
  max_insert_block_size: "50000",
  min_insert_block_size_rows: "95000",
};

/** The same for a file of more than three million rows. */
export const HUGE_LOAD_SETTINGS: ClickHouseSettings = {
  ...LOAD_SETTINGS,
  min_insert_block_size_rows: "390000",
  min_insert_block_size_bytes: String(256 * 1024 * 1024),
};

/** Codes with which the engine says that it cannot read the body of a load, rather than that it cannot work. */
const INPUT_CODES = new Set([
  "25", // CANNOT_PARSE_ESCAPE_SEQUENCE
  "26", // CANNOT_PARSE_QUOTED_STRING
  "27", // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  "32", // ATTEMPT_TO_READ_AFTER_EOF
  "33", // CANNOT_READ_ALL_DATA
  "117", // INCORRECT_DATA
  "241", // MEMORY_LIMIT_EXCEEDED: a quote that is never closed makes one field of a whole file
  "354", // ZLIB_INFLATE_FAILED
  "306", // TOO_DEEP_RECURSION: JSON in JSON
  "395", // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
]);

/** Whether a load failed because of the part's bytes. */
export function isRefusedInput(error: unknown): boolean {
  return INPUT_CODES.has(clickHouseCode(error) ?? "");
}

/** The fields that a record may lack or have too much are Nullable: the engine fills absent fields with NULL. */
function structureOf(fieldCount: number): string {
  const nullable = [1, fieldCount - 1, fieldCount];
  return Array.from({ length: fieldCount + 1 }, (_, index) =>
    nullable.includes(index) ? `f${index} Nullable(String)` : `f${index} String`,
  ).join(", ");
}

/** True for a record, false for a blank line and the end mark; a record of another length throws. */
function isRecord(fieldCount: number): string {
  const [last, beyond] = [`f${fieldCount - 1}`, `f${fieldCount}`];
  const mark = quoted(END_MARK);
  const isOther = `f0 = '' AND (isNull(f1) OR (f1 = ${mark} AND ${fieldCount === 2 ? "true" : `isNull(${last})`}))`;
  const isBroken = `isNull(${last}) OR ${last} = ${mark} OR ifNull(${beyond} != ${mark}, false)`;
  return `if(${isOther}, false, throwIf(${isBroken}, 'wrong number of fields') = 0)`;
}

/**
 * Fields of few distinct values are made LowCardinality block by block, so that conversions run once for each value.
 * Parsing straight into LowCardinality does the same, but took three times the processor time of the whole parse.
 */
function inputOf(text: string, kind: ColumnKind | undefined): string {
  switch (kind) {
    case undefined:
    case "cost":
    case "decimal":
    case "text":
    case "json":
      return text;
    default:
      return `toLowCardinality(${text})`;
  }
}
