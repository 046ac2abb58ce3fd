import type { ClickHouseSettings } from "@clickhouse/client";
import type { HeaderMapping } from "../src/domain/header.ts";
import { clickHouseMessage } from "./client.ts";
import { quoted } from "./load-expressions.ts";
import { createStatement, isRefusedInput, LOAD_SETTINGS } from "./load-statement.ts";
import { identifier } from "./parquet-statement.ts";

/**
 * The INSERT that brings one NDJSON part into `cost_landing`; its body is the part's stored bytes and `endOfPart`. The
 * columns are the keys of its first records: a record without one of them has nothing there, one with another key ends
 * the load. Every value is taken as the text that it is in the file, a number with all its digits. See
 * `createStatement`.
 */
export function createNdjsonStatement(mapping: HeaderMapping, keys: readonly string[]): string {
  const structure = keys.map((key) => `${identifier(key)} Nullable(String)`).join(", ");
  return createStatement(mapping, {
    fields: keys.map((key) => `file.${identifier(key)}`),
    texts: keys.map((_, index) => `ifNull(f${index}, '')`),
    from: `input(${quoted(structure)}) AS file`,
    format: "JSONEachRow",
  });
}

/** Settings of the load of an NDJSON part. */
export const NDJSON_SETTINGS: ClickHouseSettings = {
  ...LOAD_SETTINGS,
  input_format_column_name_matching_mode: "match_case",
  input_format_defaults_for_omitted_fields: 1,
  input_format_import_nested_json: 0,
  input_format_json_ignore_unnecessary_fields: 0, // by default what stands behind the last known key is not looked at
  input_format_json_read_arrays_as_strings: 1,
  input_format_json_read_bools_as_strings: 1,
  input_format_json_read_numbers_as_strings: 1,
  input_format_json_read_objects_as_strings: 1,
  input_format_json_throw_on_bad_escape_sequence: 1,
  input_format_skip_unknown_fields: 0,
};

/** What is wrong with NDJSON that a load failed at, and in which record; undefined when something else is. */
export function ndjsonProblem(error: unknown): { readonly problem: string; readonly record: number } | undefined {
  const [, problem = "", row = ""] = /^(.*?):? \(at row (\d+)\)/s.exec(clickHouseMessage(error) ?? "") ?? [];
  if (row === "" || !isRefusedInput(error)) return undefined;
  return { problem: problem.replaceAll(/\s+/g, " ").slice(0, 200), record: Number(row) };
}
