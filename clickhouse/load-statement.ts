import type { ClickHouseSettings } from "@clickhouse/client";
import type { ColumnKind } from "../src/domain/columns.ts";
import type { HeaderMapping, MappedColumn } from "../src/domain/header.ts";

/**
 * The INSERT that brings one CSV part into `cost_landing`, with the part's stored bytes as its body. It is assembled
 * from the canonical table and the header's mapping; file names and values never enter it, only positions do, and the
 * names of unknown columns as escaped literals. Parameters: `load_id`, `source`, `dataset`, `billing_month`.
 *
 * Every field is read as text and converted by an expression that either keeps all its digits or names the column and
 * the value in `reject`.
 */
export function createLoadStatement(mapping: HeaderMapping, fieldCount: number): string {
  const kinds = new Map(mapping.mapped.map((column) => [column.index, column.kind]));
  const positions = Array.from({ length: fieldCount }, (_, index) => index);
  const structure = positions.map((index) => `f${index} String`).join(", ");
  const inputs = positions.map((index) => `${inputOf(index, kinds.get(index))} AS c${index}`).join(", ");
  const values = mapping.mapped.flatMap(valuesOf);
  const checks = mapping.mapped.flatMap(checksOf);
  const fields = positions.map((index) => `c${index}`).join(", ");
  const extra = mapping.extra.map(({ index, header }) => `${quoted(header)}, c${index}`).join(", ");
  const columns = [
    ["load_id", "{load_id:UUID}"],
    ["source", "{source:String}"],
    ["dataset", "{dataset:String}"],
    ["billing_month", "{billing_month:Date}"],
    ["line", "record"],
    ...values,
    ...(extra === "" ? [] : [["extra", `mapFilter((name, value) -> value != '', map(${extra}))`]]),
    ["reject", checks.length === 0 ? "''" : `multiIf(${checks.join(", ")}, '')`],
    ["reject_text", `if(reject = '', '', formatRow('CSV', ${fields}))`],
  ] as const;
  return [
    `INSERT INTO cost_landing (${columns.map(([name]) => name).join(", ")})`,
    `SELECT ${columns.map(([name, expression]) => (name === expression ? name : `${expression} AS ${name}`)).join(",\n  ")}`,
    `FROM (SELECT ${inputs}, rowNumberInAllBlocks() + 1 AS record FROM input(${quoted(structure)}))`,
    "FORMAT CSVWithNames",
  ].join("\n");
}

/** Settings of every load, explicit because servers differ in their defaults. */
export const LOAD_SETTINGS: ClickHouseSettings = {
  async_insert: 0,
  insert_deduplicate: 0,
  deduplicate_blocks_in_dependent_materialized_views: 0,
  materialized_views_ignore_errors: 0,
  parallel_view_processing: 1,
  input_format_allow_errors_num: "0",
  input_format_allow_errors_ratio: 0,
  input_format_parallel_parsing: 1,
  input_format_with_names_use_header: 0,
  input_format_with_types_use_header: 0,
  input_format_csv_trim_whitespaces: 0,
  input_format_csv_use_best_effort_in_schema_inference: 0,
  input_format_csv_skip_first_lines: "0",
  input_format_csv_skip_trailing_empty_lines: 1,
  input_format_csv_allow_variable_number_of_columns: 0,
  input_format_csv_allow_whitespace_or_tab_as_delimiter: 0,
  input_format_csv_empty_as_default: 0,
  input_format_csv_detect_header: 0,
  input_format_csv_deserialize_separate_columns_into_tuple: 0,
  format_csv_allow_single_quotes: 0,
  format_csv_allow_double_quotes: 1,
  format_csv_delimiter: ",",
  short_circuit_function_evaluation: "enable",
};

/**
 * Fields of few distinct values are made LowCardinality block by block, so that conversions run once for each value.
 * Parsing straight into LowCardinality does the same, but took three times the processor time of the whole parse.
 */
function inputOf(index: number, kind: ColumnKind | undefined): string {
  switch (kind) {
    case undefined:
    case "cost":
    case "decimal":
    case "text":
    case "json":
      return `f${index}`;
    default:
      return `toLowCardinality(f${index})`;
  }
}

function valuesOf({ index, canonical, kind }: MappedColumn): (readonly [string, string])[] {
  const field = `c${index}`;
  switch (kind) {
    case "date":
      return [[canonical, `ifNull(${dayOf(field)}, toDate(0))`]];
    case "day":
      return [[canonical, dayOf(field)]];
    case "day-before":
      return [[canonical, `${dayOf(field)} - 1`]];
    case "cost":
      return [[canonical, `ifNull(toDecimal256OrNull(${field}, 30), toDecimal256(0, 30))`]];
    case "decimal":
      return [[canonical, `toDecimal256OrNull(${field}, 30)`]];
    case "flag":
      return [
        [canonical, `multiIf(lower(${field}) IN ('true', '1'), true, lower(${field}) IN ('false', '0'), false, NULL)`],
      ];
    case "identifier":
      return [[canonical, `lower(${field})`]];
    case "subscription":
      return [[canonical, `replaceRegexpOne(lower(${field}), '^/subscriptions/', '')`]];
    case "tags":
      return [
        [
          canonical,
          `JSONExtract(if(startsWith(${field}, '{'), ${field}, concat('{', ${field}, '}')), 'Map(String, String)')`,
        ],
        [`${canonical}_text`, field],
      ];
    case "keyword":
    case "text":
    case "json":
      return [[canonical, field]];
  }
}

/** Pairs of condition and reason, for `multiIf`. */
function checksOf({ index, header, kind }: MappedColumn): string[] {
  const field = `c${index}`;
  const reason = (problem: string) => `concat(${quoted(`${header}: ${problem} `)}, ${excerpt(field)})`;
  switch (kind) {
    case "date":
      return [`isNull(${dayOf(field)})`, reason("not a day")];
    case "day":
    case "day-before":
      return [`${field} != '' AND isNull(${dayOf(field)})`, reason("not a day")];
    case "cost":
      return [`NOT ${isExactNumber(field)}`, reason("not a number with at most 30 digits after the point")];
    case "decimal":
      return [
        `${field} != '' AND NOT ${isExactNumber(field)}`,
        reason("not a number with at most 30 digits after the point"),
      ];
    case "flag":
      return [`lower(${field}) NOT IN ('', 'true', 'false', '1', '0')`, reason("not true or false")];
    default:
      return [];
  }
}

/**
 * A day as Azure writes it: `2026-05-01`, with or without a time of day, or month first with slashes (`05/01/2026`,
 * `5/1/2026`, `5/1/26`). Null for everything else, and for days that do not exist: ClickHouse's own parser would
 * carry 31 February over into March.
 */
function dayOf(field: string): string {
  const iso = `if(substring(${field}, 3, 1) = '/' AND length(${field}) = 10,
    concat(substring(${field}, 7, 4), '-', substring(${field}, 1, 2), '-', substring(${field}, 4, 2)),
    if(match(${field}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+]00:00)?)?$'), substring(${field}, 1, 10),
    replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(${field}, '^([0-9]{1,2})/([0-9]{1,2})/([0-9]{2})$', '\\\\1/\\\\2/20\\\\3'),
      '^([0-9])/', '0\\\\1/'), '^([0-9]{2})/([0-9]{1,2})/([0-9]{4})$', '\\\\3-\\\\1-\\\\2')))`;
  const padded = `replaceRegexpOne(${iso}, '-([0-9])$', '-0\\\\1')`;
  return `if(toString(toDateOrNull(${padded})) = ${padded}, toDateOrNull(${padded}), NULL)`;
}

/** Whether the text is one number and Decimal(76, 30) holds every digit of it. */
function isExactNumber(field: string): string {
  const fraction = `length(trimRight(extract(${field}, '[.]([0-9]*)'), '0'))`;
  const exponent = `toInt32OrZero(extract(${field}, '[eE]([+-]?[0-9]+)$'))`;
  return `(match(${field}, '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$') AND isNotNull(toDecimal256OrNull(${field}, 30)) AND if(length(${field}) > 31 OR position(${field}, 'e') > 0 OR position(${field}, 'E') > 0, ${fraction} - ${exponent} <= 30, true))`;
}

function excerpt(field: string): string {
  return `if(${field} = '', '(blank)', substringUTF8(${field}, 1, 80))`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
