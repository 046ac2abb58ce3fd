import {
  createLoadStatement,
  HUGE_LOAD_SETTINGS,
  LARGE_LOAD_SETTINGS,
  LOAD_SETTINGS,
} from "../clickhouse/load-statement.ts";
import type { EngineFacts } from "../clickhouse/engine-facts.ts";
import { createNdjsonStatement, NDJSON_SETTINGS } from "../clickhouse/ndjson-statement.ts";
import { createParquetStatement, PARQUET_SETTINGS } from "../clickhouse/parquet-statement.ts";
import type { HeaderMapping } from "../src/domain/header.ts";
import type { OpenedPart } from "../src/sources/open-part.ts";

/** Stored bytes of a file of text of some two and a quarter million rows, and of three and a half. */
const LARGE_BYTES = { gzip: 256 * 2 ** 20, none: 2 * 2 ** 30 };
const HUGE_BYTES = { gzip: 400 * 2 ** 20, none: 3 * 2 ** 30 };

/** Where the names of a part's columns stand, as messages begin: Parquet has no lines. */
export function placeOfHeader({ format }: OpenedPart, path: string): string {
  return format === "parquet" ? `${path}:` : `${path}:1`;
}

/** The INSERT that brings a part in. */
export function createPartStatement(opened: OpenedPart, mapping: HeaderMapping): string {
  switch (opened.format) {
    case "csv":
      return createLoadStatement(mapping, opened.header.length);
    case "ndjson":
      return createNdjsonStatement(mapping, opened.header);
    case "parquet":
      return createParquetStatement(mapping, opened.columns);
  }
}

/** What of a part the settings of its load depend on. */
export type LoadSize = {
  /** The part's stored bytes, or at least how many they are. */
  readonly byteCount: number;
  /** How many parts the run has. */
  readonly partCount: number;
};

/** The settings of that INSERT. */
export function settingsOf(
  { format, encoding }: Pick<OpenedPart, "format" | "encoding">,
  { byteCount, partCount }: LoadSize,
  { threads, compilesPatterns }: EngineFacts,
): typeof LOAD_SETTINGS {
  // Machine code of a pattern takes longer to make than any file gains by it, and may match otherwise than the pattern does.
  const patterns = compilesPatterns ? { compile_regular_expressions: 0 } : {};
  if (format === "parquet") return { ...PARQUET_SETTINGS, ...patterns };
  const isLarge = byteCount >= LARGE_BYTES[encoding];
  const isHuge = byteCount >= HUGE_BYTES[encoding];
  return {
    ...(format === "csv" ? {} : NDJSON_SETTINGS),
    ...patterns,
    ...(isHuge ? HUGE_LOAD_SETTINGS : isLarge ? LARGE_LOAD_SETTINGS : LOAD_SETTINGS),
    // Reading one file with several threads takes a fifth more processor time, which other parts could use, and where there
    // are two, what is behind the reading: one reads CSV as fast as the other converts and writes it.
    input_format_parallel_parsing: partCount > 1 || (format === "csv" && threads <= 2) ? 0 : 1,
  };
}
